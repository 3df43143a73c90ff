"""The signing key of this installation: made on first start, kept in the data directory."""

import hashlib
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.shared.viewer import Viewer

FILE = "signing-key.pem"
RETIRED = "retired-keys"


def base64url(data: bytes) -> str:
    """Encode as JOSE does: base64url without padding (RFC 7515)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Keys:
    """`signing` signs access tokens and heads of journals (EdDSA); `refresh_secret` derives the successors of refresh
    tokens; `retired` are the public keys of former ones, with which old heads were signed. `bearers` are those whose
    access tokens were found right, by the hash of the token.
    """

    signing: Ed25519PrivateKey
    refresh_secret: bytes
    retired: tuple[Ed25519PublicKey, ...] = ()
    bearers: dict[bytes, Viewer] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        return thumbprint(self.signing.public_key())

    @cached_property
    def public(self) -> Mapping[str, Ed25519PublicKey]:
        """All public keys by their id, the present one first."""
        return {thumbprint(key): key for key in (self.signing.public_key(), *self.retired)}


def thumbprint(key: Ed25519PublicKey) -> str:
    """Name a public key by its RFC 7638 thumbprint."""
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url(key.public_bytes_raw())}"}}'
    return base64url(hashlib.sha256(members.encode()).digest())


def key_set(keys: Keys) -> dict[str, list[dict[str, str]]]:
    """Show the public keys as a JWK Set (RFC 7517, RFC 8037)."""
    shown = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig"}
    return {"keys": [{**shown, "kid": id, "x": base64url(key.public_bytes_raw())} for id, key in keys.public.items()]}


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
    return Keys(key, secret, tuple(_retired(path) for path in sorted((data_dir / RETIRED).glob("*.pem"))))


def _retired(path: Path) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} does not hold an Ed25519 public key")
    return key


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
