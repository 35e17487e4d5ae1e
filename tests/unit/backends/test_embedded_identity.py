"""Tokens by the letter of RFC 9068, API keys that are kept as hashes, and roles of this moment."""

import base64
import hashlib
import hmac
import inspect
import json
import random
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from weft._kit.clock import SystemIds
from weft.backends.identities.embedded import API_KEYS, EmbeddedIdentity
from weft.backends.identities.tokens import Issuer
from weft.backends.keys.file import FileKeys
from weft.backends.state_stores.memory import MemoryState
from weft.model.errors import InvalidInput, NotFound, Unauthenticated
from weft.testing.clock import HandClock
from weft.testing.identity import ADA, DECLARED

SECRET = b"s" * 32
NOW = 1_800_000_000
ISSUER = Issuer(SECRET, name="weft", audience="weft")
KID = ISSUER.public()["kid"]
PRIVATE = ISSUER._key
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": KID}
CLAIMS = {
    "iss": "weft",
    "aud": "weft",
    "sub": "ada",
    "client_id": "ada",
    "iat": NOW,
    "exp": NOW + 900,
    "jti": "1",
    "roles": ["fraud-team"],
}


def encoded(part):
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(header=HEADER, claims=CLAIMS, key=PRIVATE):
    """A token with exactly this header and these claims (objects, or bytes as they are), signed ES256."""
    parts = f"{encoded(header)}.{encoded(claims)}"
    r, s = decode_dss_signature(key.private_key.sign(parts.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{parts}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def with_claims(**changes):
    """A well signed token with other claims; None leaves one out."""
    claims = {**CLAIMS, **changes}
    return signed(claims={name: value for name, value in claims.items() if value is not None})


def with_raw(name, text):
    """A well signed token whose claim has exactly this JSON text."""
    rest = json.dumps({key: value for key, value in CLAIMS.items() if key != name})
    return signed(claims=f'{{"{name}": {text}, {rest[1:]}'.encode())


def public_pem():
    return PRIVATE.as_pem(private=False)


def hs256(secret, header=None):
    parts = f"{encoded(header or {**HEADER, 'alg': 'HS256'})}.{encoded(CLAIMS)}"
    return f"{parts}.{encoded(hmac.digest(secret, parts.encode(), 'sha256'))}"


def rs256():
    key = RSAKey.generate_key(2048)
    return jws.serialize_compact({**HEADER, "alg": "RS256"}, json.dumps(CLAIMS), key, algorithms=["RS256"])


def wrapped():
    key = OctKey.import_key(b"k" * 32)
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, json.dumps(CLAIMS), key, algorithms=["dir", "A256GCM"])


def stranger():
    return ECKey.generate_key("P-256")


GOOD = signed()
HEAD, BODY, SIGNATURE = GOOD.split(".")
UNSIGNED = f"{encoded({**HEADER, 'alg': 'none'})}.{BODY}."

REFUSED = {
    "alg none, no signature": UNSIGNED,
    "alg none, our signature": f"{encoded({**HEADER, 'alg': 'none'})}.{BODY}.{SIGNATURE}",
    "alg None": f"{encoded({**HEADER, 'alg': 'None'})}.{BODY}.{SIGNATURE}",
    "no alg": signed({"typ": "at+jwt", "kid": KID}),
    "alg a list": signed({**HEADER, "alg": ["ES256"]}),
    "HS256 with the public key": hs256(public_pem()),
    "HS256 with an empty key": hs256(b""),
    "HS256 with a short key": hs256(b"k"),
    "HS256 under the name ES256": hs256(public_pem(), HEADER),
    "RS256": rs256(),
    "ES384 in the header": signed({**HEADER, "alg": "ES384"}),
    "another key": signed(key=stranger()),
    "another key that is sent along": signed({**HEADER, "jwk": stranger().as_dict(private=False)}),
    "our key sent along": signed({**HEADER, "jwk": PRIVATE.as_dict(private=False)}),
    "jku": signed({**HEADER, "jku": "https://evil.example/jwks.json"}),
    "x5u": signed({**HEADER, "x5u": "https://evil.example/cert.pem"}),
    "x5c": signed({**HEADER, "x5c": ["MIIB"]}),
    "crit": signed({**HEADER, "crit": ["exp"]}),
    "crit of the unknown": signed({**HEADER, "crit": ["weft"], "weft": 1}),
    "b64 false": signed({**HEADER, "b64": False, "crit": ["b64"]}),
    "zip": signed({**HEADER, "zip": "DEF"}),
    "kid a path": signed({**HEADER, "kid": "../../../../dev/null"}),
    "kid SQL": signed({**HEADER, "kid": "x' UNION SELECT 'k'--"}),
    "no kid": signed({"alg": "ES256", "typ": "at+jwt"}),
    "kid twice": signed(f'{{"alg":"ES256","typ":"at+jwt","kid":"x","kid":"{KID}"}}'.encode()),
    "typ JWT": signed({**HEADER, "typ": "JWT"}),
    "no typ": signed({"alg": "ES256", "kid": KID}),
    "typ of an id token": signed({**HEADER, "typ": "id+jwt"}),
    "no exp": with_claims(exp=None),
    "exp 1e30": with_raw("exp", "1e30"),
    "exp NaN": with_raw("exp", "NaN"),
    "exp Infinity": with_raw("exp", "Infinity"),
    "exp text": with_claims(exp=str(NOW + 900)),
    "exp true": with_claims(exp=True),
    "exp null": with_raw("exp", "null"),
    "exp with a fraction": with_claims(exp=NOW + 900.5),
    "exp far away": with_claims(exp=NOW + 86_401),
    "exp of a thousand digits": with_raw("exp", "9" * 1000),
    "expired": with_claims(iat=NOW - 900, exp=NOW),
    "exp before iat": with_claims(iat=NOW + 30, exp=NOW + 20),
    "exp negative": with_claims(exp=-1),
    "no iat": with_claims(iat=None),
    "iat in the future": with_claims(iat=NOW + 61, exp=NOW + 900),
    "iat text": with_claims(iat=str(NOW)),
    "nbf in the future": with_claims(nbf=NOW + 61),
    "nbf true": with_claims(nbf=True),
    "nbf text": with_claims(nbf="now"),
    "another issuer": with_claims(iss="someone"),
    "issuer a list": with_claims(iss=["weft"]),
    "no issuer": with_claims(iss=None),
    "another audience": with_claims(aud="someone"),
    "one audience more": with_claims(aud=["weft", "someone"]),
    "no audience": with_claims(aud=None),
    "audience an object": with_claims(aud={"weft": 1}),
    "no subject": with_claims(sub=None),
    "an empty subject": with_claims(sub=""),
    "subject a number": with_claims(sub=1),
    "nobody we know": with_claims(sub="mallory"),
    "no client": with_claims(client_id=None),
    "no jti": with_claims(jti=None),
    "no roles": with_claims(roles=None),
    "roles a text": with_claims(roles="fraud-team"),
    "roles of numbers": with_claims(roles=[1]),
    "sub twice": signed(claims=json.dumps(CLAIMS)[:-1].encode() + b', "sub": "simulator"}'),
    "claims a list": signed(claims=[CLAIMS]),
    "claims a text": signed(claims=b'"ada"'),
    "claims no JSON": signed(claims=b"{"),
    "claims no UTF-8": signed(claims=b'{"sub": "\xff"}'),
    "claims with a BOM": signed(claims=b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
    "claims nested endlessly": signed(claims=b"[" * 1400),
    "a token in a token": signed(claims=GOOD.encode()),
    "JWE": wrapped(),
    "flattened JSON": json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
    "padded": f"{HEAD}.{BODY}.{SIGNATURE}==",
    "spare bits": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}",
    "a line break": GOOD + "\n",
    "a blank in front": " " + GOOD,
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "a short signature": f"{HEAD}.{BODY}.{encoded(b'0' * 63)}",
    "a signature of zeros": f"{HEAD}.{BODY}.{encoded(bytes(64))}",
    "another's signature": f"{HEAD}.{encoded({**CLAIMS, 'sub': 'simulator'})}.{SIGNATURE}",
    "100 KB": with_claims(padding="x" * 100_000),
    "Bearer in front": f"Bearer {GOOD}",
}


def test_a_token_as_we_make_them_is_accepted():
    claims = ISSUER.prove(GOOD, now=NOW)
    assert (claims.subject, claims.roles, claims.expires) == ("ada", {"fraud-team"}, NOW + 900)
    assert ISSUER.prove(with_claims(aud=["weft"], nbf=NOW), now=NOW) == claims
    assert ISSUER.prove(signed(), now=NOW - 60) == ISSUER.prove(signed(), now=NOW + 899.9) == claims


def test_what_we_sign_we_prove():
    token = ISSUER.sign("ada", frozenset({"b", "a"}), now=NOW, seconds=5, token_id="x")
    assert ISSUER.prove(token, now=NOW).roles == {"a", "b"}
    assert jws.extract_compact(token.encode()).headers() == HEADER


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused(name, make):
    identity = make(now=NOW, secret=SECRET)
    assert await identity.from_token(GOOD) == replace(ADA, roles=frozenset({"fraud-team"}))
    with pytest.raises(Unauthenticated):
        await identity.from_token(REFUSED[name])


@settings(max_examples=300)
@given(st.data())
def test_a_token_that_was_changed_anywhere_is_refused(data):
    at = data.draw(st.integers(0, len(GOOD) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda other: other != GOOD[at]))
    changed = data.draw(st.sampled_from([GOOD[:at] + letter + GOOD[at + 1 :], GOOD[:at] + GOOD[at + 1 :], GOOD[:at]]))
    with pytest.raises(Unauthenticated):
        ISSUER.prove(changed, now=NOW)


class FixedKeys(FileKeys):
    """Keys that hold one secret until it is destroyed."""

    def __init__(self, secret):
        self.secret = secret

    async def key(self, name):
        if self.secret is None:
            raise NotFound(name)
        return self.secret


@pytest.fixture
def make():
    def make(*, now=NOW, secret=SECRET, declared=lambda: DECLARED, state=None):
        clock = HandClock()
        clock.move(now - clock.now().timestamp())
        identity = EmbeddedIdentity.open(
            "embedded:",
            identities=declared,
            state=state or MemoryState(),
            keys=FixedKeys(secret),
            clock=clock,
            ids=SystemIds(),
        )
        identity.clock = clock
        return identity

    return make


async def test_a_role_that_is_taken_away_works_no_longer(make):
    declared = [DECLARED]
    identity = make(declared=lambda: declared[0])
    token, key = (await identity.issue(ADA)).text, await identity.new_key("ada")
    assert await identity.from_token(token) == await identity.from_key(key) == ADA
    ada, robot = DECLARED.users
    declared[0] = replace(DECLARED, users=(replace(ada, roles=frozenset({"fraud-team"})), robot))
    fewer = replace(ADA, roles=frozenset({"fraud-team"}))
    assert await identity.from_token(token) == await identity.from_key(key) == fewer
    declared[0] = replace(DECLARED, users=(robot,))
    for call in (identity.from_token(token), identity.from_key(key)):
        with pytest.raises(Unauthenticated):
            await call


async def test_a_token_that_was_proven_expires_all_the_same(make):
    identity = make()
    token = (await identity.issue(ADA, seconds=3)).text
    await identity.from_token(token)
    identity.clock.move(2.9)
    await identity.from_token(token)
    identity.clock.move(0.1)
    with pytest.raises(Unauthenticated, match="expired"):
        await identity.from_token(token)


async def test_a_token_dies_with_its_key_within_seconds(make):
    identity = make()
    token = (await identity.issue(ADA)).text
    await identity.from_token(token)
    identity._keys.secret = None
    identity.clock.move(5)
    with pytest.raises(Unauthenticated, match="destroyed"):
        await identity.from_token(token)
    with pytest.raises(NotFound):
        await identity.issue(ADA)


async def test_the_memory_for_proven_tokens_is_bounded(make):
    identity = make()
    for number in range(4100):
        identity._remember(str(number), NOW + 1, ADA)
    assert len(identity._proven) == 4096
    assert "0" not in identity._proven
    assert "4099" in identity._proven


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
async def test_a_token_cannot_live_for_ever(make, seconds):
    with pytest.raises(InvalidInput):
        await make().issue(ADA, seconds=seconds)


async def test_meshes_with_other_secrets_do_not_trust_each_other(make):
    token = (await make(secret=b"t" * 32).issue(ADA)).text
    with pytest.raises(Unauthenticated):
        await make().from_token(token)


async def test_the_published_key_proves_our_tokens(make):
    identity = make()
    token = (await identity.issue(ADA)).text
    (shown,) = (await identity.jwks())["keys"]
    content = jws.deserialize_compact(token, ECKey.import_key(shown), algorithms=["ES256"])
    assert json.loads(content.payload)["sub"] == "ada"
    assert content.headers()["kid"] == shown["kid"]


async def test_an_api_key_is_kept_as_a_hash_only(make):
    state = MemoryState()
    key = await make(state=state).new_key("ada")
    ((key_id, kept),) = await state.scan(API_KEYS)
    assert key.startswith(f"weft_{key_id}_")
    assert len(bytes.fromhex(key.rpartition("_")[2])) == 32
    assert json.loads(kept)["sha256"] == hashlib.sha256(key.encode()).hexdigest()
    assert key.rpartition("_")[2].encode() not in kept


async def test_an_api_key_that_was_changed_anywhere_is_refused(make):
    identity = make()
    key = await identity.new_key("ada")
    chance = random.Random(1)
    for at in range(len(key)):
        letter = chance.choice("0123456789abcdefXYZ_-\0 é")
        if letter != key[at]:
            with pytest.raises(Unauthenticated):
                await identity.from_key(key[:at] + letter + key[at + 1 :])
    for other in (key.upper(), key + "0", key[:-1], key + "\n", f"{key}_{key}"):
        with pytest.raises(Unauthenticated):
            await identity.from_key(other)


async def test_an_api_key_that_was_removed_proves_nothing(make):
    state = MemoryState()
    identity = make(state=state)
    key = await identity.new_key("ada")
    await state.clear(API_KEYS)
    with pytest.raises(Unauthenticated):
        await identity.from_key(key)


def test_secrets_are_compared_in_constant_time():
    assert "hmac.compare_digest(known.sha256, _sha256(key))" in inspect.getsource(EmbeddedIdentity.from_key)


async def test_the_names_in_tokens_can_be_set(make):
    identity = EmbeddedIdentity.open(
        "embedded:?issuer=https://bank.example&audience=bank",
        identities=lambda: DECLARED,
        state=MemoryState(),
        keys=FixedKeys(SECRET),
        clock=make().clock,
        ids=SystemIds(),
    )
    token = (await identity.issue(ADA)).text
    claims = json.loads(jws.extract_compact(token.encode()).payload)
    assert (claims["iss"], claims["aud"]) == ("https://bank.example", "bank")
    assert await identity.from_token(token) == ADA
    with pytest.raises(Unauthenticated):
        await make().from_token(token)
