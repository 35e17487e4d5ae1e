"""Keys: secrets kept outside the data folder, named, made on first use, destroyed on demand."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Keys(ABC):
    """Holds named secrets of 32 bytes. What is encrypted or signed with a destroyed key is gone for good."""

    @abstractmethod
    async def key(self, name: str) -> bytes:
        """The key of this name, made now if it never was; NotFound if it was destroyed."""

    @abstractmethod
    async def destroy(self, name: str) -> None:
        """Erase a key; doing it twice is no error."""

    @abstractmethod
    async def names(self) -> list[str]:
        """The names of the keys that live, sorted."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""
