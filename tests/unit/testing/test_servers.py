"""The workshop's servers: started once for all workers, stopped by the last, and never waited for in vain."""

import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

import pytest

from weft._kit.clock import SystemIds
from weft.testing import plugin
from weft.testing.servers.process import Program, ServerFailed, free_port, is_running, let_go, stop, wait_until
from weft.testing.servers.shared import Running, Server, _folder, _write, borrowed


class Files(Server):
    """Python's own web server, for tests of the workshop itself."""

    name = "files"

    def missing(self):
        return ""

    def start(self, folder):
        port = free_port()
        command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        program = Program(command=command, log=folder / "log")
        child = program.start()
        wait_until(lambda: answers(port), child, log=program.log)
        return Running(pid=let_go(child), port=port)


def answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def run():
    return SystemIds().new()


WORKER = textwrap.dedent("""
    import sys
    sys.path.insert(0, sys.argv[1])
    from test_servers import Files, borrowed
    with borrowed(Files(), sys.argv[2]) as running:
        print(running.pid, running.port, flush=True)
        sys.stdin.readline()
""")


def worker(run):
    command = [sys.executable, "-c", WORKER, str(Path(__file__).parent), run]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_workers_share_one_server_and_the_last_stops_it(run):
    workers = [worker(run) for _ in range(3)]
    told = {child.stdout.readline() for child in workers}
    assert len(told) == 1
    pid, port = map(int, told.pop().split())
    for child in workers[:2]:
        child.communicate("done\n")
        assert answers(port)
    workers[2].communicate("done\n")
    assert not is_running(pid)
    assert not _folder(run, "files").parent.exists()


def test_a_killed_worker_keeps_no_server_alive(run):
    killed = worker(run)
    pid, _ = map(int, killed.stdout.readline().split())
    with borrowed(Files(), run) as running:
        assert running.pid == pid
        killed.kill()
        killed.communicate()
        assert answers(running.port)
    assert not is_running(pid)


def test_a_server_whose_run_was_killed_is_stopped_by_the_next(run):
    killed = worker(run)
    pid, _ = map(int, killed.stdout.readline().split())
    killed.kill()
    killed.communicate()
    assert is_running(pid)
    with borrowed(Files(), SystemIds().new()):
        assert not is_running(pid)
    assert not _folder(run, "files").parent.exists()


def test_a_number_that_now_belongs_to_someone_else_is_left_alone(run):
    with borrowed(Files(), run) as running:
        pass
    folder = _folder(run, "files")
    folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "600"], cwd="/", start_new_session=True) as bystander:
        _write(folder, Running(pid=bystander.pid, port=running.port))
        with borrowed(Files(), run) as fresh:
            assert fresh.pid != bystander.pid
        assert bystander.poll() is None
        bystander.kill()


def test_a_server_that_died_is_started_again(run):
    with borrowed(Files(), run) as first:
        stop(first.pid)
        with borrowed(Files(), run) as second:
            assert second.pid != first.pid
            assert answers(second.port)
    assert not is_running(second.pid)


def test_a_server_that_ends_at_once_is_told_with_what_it_said(tmp_path):
    program = Program(command=[sys.executable, "-c", "import sys; sys.exit('no such setting')"], log=tmp_path / "log")
    start = time.monotonic()
    with pytest.raises(ServerFailed, match="no such setting"):
        wait_until(lambda: False, program.start(), log=program.log)
    assert time.monotonic() - start < 30


def test_a_server_that_never_answers_is_stopped(tmp_path):
    program = Program(command=[sys.executable, "-c", "import time; time.sleep(600)"], log=tmp_path / "log")
    child = program.start()
    with pytest.raises(ServerFailed):
        wait_until(lambda: False, child, log=program.log, seconds=0.05)
    assert not is_running(child.pid)


def test_stopping_stops_the_children_too(tmp_path):
    script = "import subprocess, sys; c = subprocess.Popen(['sleep', '600']); print(c.pid, flush=True); c.wait()"
    program = Program(command=[sys.executable, "-c", script], log=tmp_path / "log")
    child = program.start()
    wait_until(lambda: program.log.read_text().endswith("\n"), child, log=program.log)
    grandchild = int(program.log.read_text())
    stop(child.pid)
    child.wait()
    end = time.monotonic() + 10
    while is_running(grandchild) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_running(grandchild)


class Absent(Files):
    def missing(self):
        return "no such program: apt-get install it"


def test_a_missing_server_skips_with_its_reason(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install it"):
        plugin.demand(Absent())


def test_a_missing_server_fails_in_ci(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install it"):
        plugin.demand(Absent())


def test_each_test_has_a_database_of_its_own(postgres, postgres_server):
    assert postgres.startswith(f"postgresql://postgres@127.0.0.1:{postgres_server.port}/t")
