"""The signing key and those that were before it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.auth.keys import RETIRED, key_set, load_keys
from app.auth.seal import check_head, sign_head
from app.domain.shared.chain import Head
from docs.verify import read_head, read_keys

HEAD = Head("7K3M9QXT2CHVE", 3, "0" * 64)


def test_a_head_signed_by_a_retired_key_still_counts(tmp_path: Path) -> None:
    former, present = load_keys(tmp_path / "former"), load_keys(tmp_path / "present")
    signature = sign_head(former, HEAD)
    assert not check_head(present, signature, HEAD)
    folder = tmp_path / "present" / RETIRED
    folder.mkdir()
    pem = former.signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "2026.pem").write_bytes(pem)
    present = load_keys(tmp_path / "present")
    assert check_head(present, signature, HEAD)
    assert [key["kid"] for key in key_set(present)["keys"]] == [present.id, former.id]
    assert read_head(signature, read_keys(key_set(present))) == vars(HEAD)


def test_a_retired_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / RETIRED).mkdir()
    other = generate_private_key(SECP256R1()).public_key()
    (tmp_path / RETIRED / "x.pem").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ValueError, match="does not hold an Ed25519 public key"):
        load_keys(tmp_path)


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1] + ("A" if s[-1] != "A" else "B"), lambda s: s + "=", lambda s: s + "!"]
)
def test_a_signature_has_one_form(tmp_path: Path, change: object) -> None:
    keys = load_keys(tmp_path)
    assert callable(change)
    altered = change(sign_head(keys, HEAD))
    assert not check_head(keys, altered, HEAD)
    with pytest.raises(ValueError, match=r"base64url|fit|padding|Excess"):
        read_head(altered, read_keys(key_set(keys)))
