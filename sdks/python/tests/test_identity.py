"""Identities, permission tokens and the dedup helper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from conftest import run_script
from net import (
    ArgumentError,
    AuthorizeOptions,
    Identity,
    IdentityError,
    IssueTokenOptions,
    RedisStreamDedup,
    Token,
    TokenError,
    authorize,
    channel_hash,
    delegate_token,
    parse_token,
    token_is_expired,
    verify_token,
)
from net.wire import PermissionToken

pytestmark = pytest.mark.usefixtures("no_leaks")

CHANNEL = "sensors/temp"
SEED = bytes([0x42]) * 32


def issue(issuer: Identity, subject: Identity, scope: list[str], depth: int = 0) -> Token:
    options = IssueTokenOptions(
        subject=subject.entity_id,
        scope=scope,
        channel=CHANNEL,
        ttl_seconds=300,
        delegation_depth=depth,
    )
    return issuer.issue_token(options)


def test_an_existing_seed_keeps_its_ids() -> None:
    identity = Identity.from_seed(SEED)
    assert identity.entity_id.hex().startswith("2152f8d1")
    assert identity.node_id == 13984162817992751213
    assert identity.origin_hash == 13934920157995351524
    assert identity.to_bytes() == SEED
    assert Identity.from_bytes(SEED).node_id == identity.node_id


def test_a_token_is_read_and_written_without_the_library() -> None:
    identity = Identity.from_seed(SEED)
    token = issue(identity, identity, ["publish"])
    fields = PermissionToken.decode(token.encoded)
    assert fields.issuer == identity.entity_id
    assert fields.scope == ["publish"]
    assert fields.channel_hash == channel_hash(CHANNEL)
    assert fields.encode() == token.encoded
    with pytest.raises(TokenError):
        PermissionToken.decode(token.encoded[1:])


SECRETIVE = """
import pickle, traceback
import net
from net.gen import echo

seed = bytes([0xa7]) * 32
identity = net.Identity.from_seed(seed)
subject = net.Identity.generate().entity_id
shown = [repr(identity), str(identity), str(vars(type(identity)).keys())]
for call in (
    lambda: net.Identity.from_seed(seed[1:]),
    lambda: identity.sign(5),
    lambda: identity.issue_token(
        subject=subject, scope=["publish"], channel="a/b", ttl_seconds=0
    ),
    lambda: pickle.dumps(identity),
    echo.panic_now,
):
    try:
        shown.append(repr(call()))
    except Exception:
        shown.append(traceback.format_exc())
print(*shown, sep="\\n")
"""


def test_neither_a_log_nor_a_text_tells_a_seed() -> None:
    ran = run_script(SECRETIVE, NET_LOG="trace")
    assert "panic" in ran.stderr
    assert "Identity" in ran.stdout
    for secret in ("a7a7", "a7\\xa7", "167, 167", "p6en"):
        assert secret not in (ran.stdout + ran.stderr).lower()


def test_malformed_arguments_are_identity_errors() -> None:
    with pytest.raises(IdentityError, match="^identity: seed must be 32 bytes, got 31$") as caught:
        Identity.from_seed(SEED[1:])
    assert caught.value.kind == "invalid_seed"
    identity = Identity.generate()
    with pytest.raises(IdentityError, match="at least one permission"):
        issue(identity, identity, [])
    with pytest.raises(IdentityError, match="^identity: `fly` is none of publish, ") as caught:
        issue(identity, identity, ["fly"])
    assert caught.value.kind == "unknown_scope"
    with pytest.raises(IdentityError, match="invalid channel name"):
        channel_hash("Upper")


def test_tokens_are_issued_in_the_published_form() -> None:
    issuer, subject = Identity.generate(), Identity.generate()
    token = issuer.issue_token(subject.entity_id, ["subscribe", "delegate"], CHANNEL, 60, 1)
    assert (token.delegation_depth, token.is_expired()) == (1, False)
    subject.install_token(token.to_buffer())
    kept = subject.lookup_token(subject.entity_id, CHANNEL)
    assert kept is not None and kept.to_buffer() == token.to_buffer()
    leaf = delegate_token(subject, token.to_buffer(), issuer.entity_id, ["subscribe"])
    chain: list[Token | bytes] = [token.to_buffer(), leaf]
    authorize(chain, [issuer.entity_id], issuer.entity_id, ["subscribe"], CHANNEL)
    whole = IssueTokenOptions(subject.entity_id, ["publish"], CHANNEL, 60)
    assert issuer.issue_token(whole).subject == subject.entity_id
    with pytest.raises(ArgumentError, match="IssueTokenOptions"):
        issuer.issue_token(whole, ["publish"])
    with pytest.raises(ArgumentError, match="scope"):
        issuer.issue_token(subject.entity_id)
    with pytest.raises(TokenError, match="invalid_format"):
        subject.install_token(b"no token")


def test_refused_tokens_are_token_errors() -> None:
    with pytest.raises(TokenError) as caught:
        Token.parse(bytes(161))
    assert caught.value.kind == "invalid_format"
    identity = Identity.generate()
    with pytest.raises(TokenError, match="^token: delegation_exhausted$"):
        delegate_token(
            identity, issue(identity, identity, ["delegate"]), identity.entity_id, ["delegate"]
        )


def test_a_chain_of_tokens_is_authorized_by_its_root() -> None:
    root, middle, leaf = Identity.generate(), Identity.generate(), Identity.generate()
    first = issue(root, middle, ["subscribe", "delegate"], 1)
    last = delegate_token(middle, first, leaf.entity_id, ["subscribe"])
    options = AuthorizeOptions(
        trusted_issuers=[root.entity_id],
        subject=leaf.entity_id,
        scope=["subscribe"],
        channel=CHANNEL,
        now=datetime.now(UTC),
    )
    authorize([first, last], options)
    with pytest.raises(TokenError, match="link 0: its issuer is not trusted") as caught:
        authorize([issue(leaf, leaf, ["subscribe"])], options)
    assert (caught.value.kind, caught.value.link) == ("not_authorized", 0)


def test_an_encoded_token_is_read_verified_and_kept() -> None:
    issuer, subject = Identity.generate(), Identity.generate()
    encoded = issue(issuer, subject, ["subscribe"]).encoded
    assert (len(encoded), verify_token(encoded), token_is_expired(encoded)) == (169, True, False)
    info = parse_token(encoded)
    assert (info.subject, info.channel_hash) == (subject.entity_id, channel_hash(CHANNEL))
    subject.install_token(Token.parse(encoded))
    assert subject.token_cache_len == 1
    found = subject.lookup_token(subject.entity_id, CHANNEL)
    assert found is not None
    assert found.encoded == encoded
    assert subject.lookup_token(subject.entity_id, "sensors") is None


def test_dedup_remembers_the_ids_that_were_asked_for_last() -> None:
    dedup = RedisStreamDedup()
    assert (dedup.capacity, dedup.len, dedup.is_empty) == (4096, 0, True)
    assert [dedup.is_duplicate(id) for id in ("a", "b", "a")] == [False, False, True]
    dedup.clear()
    assert not dedup.is_duplicate("a")
