"""The signing key of this installation: made on first start, kept in the data directory."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE = "signing-key.pem"


@dataclass(frozen=True)
class Keys:
    """`signing` signs access tokens (EdDSA); `refresh_secret` derives the successors of refresh tokens."""

    signing: Ed25519PrivateKey
    refresh_secret: bytes


def load_keys(data_dir: Path) -> Keys:
    """Read the key, or make it; several processes that start at once end up with the same one."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / FILE
    if not path.exists():
        _make(path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} does not hold an Ed25519 private key")
    seed = key.private_bytes_raw()
    secret = HKDF(SHA256(), length=32, salt=None, info=b"zero-distance refresh tokens").derive(seed)
    return Keys(key, secret)


def _make(path: Path) -> None:
    """Write a new key under a name of its own and link it into place, so that it is never seen by half."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        draft.unlink()
