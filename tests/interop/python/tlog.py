"""What a client must check of a receipt, from the published formats alone: C2SP signed notes and checkpoints, RFC 6962
trees, DSSE, and the record's header. Nothing here comes from the project's own code."""
import base64
import hashlib
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """Something is not what it says it is."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(record):
    return sha256(b"\x00", record)


def root_from_inclusion(index, size, leaf, proof):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        raise Refused("index beyond the tree")
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise Refused("proof too long")
        if fn % 2 == 1 or fn == sn:
            node = sha256(b"\x01", sibling, node)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01", node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Refused("proof too short")
    return node


def root_of(leaves):
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01", root_of(leaves[:split]), root_of(leaves[split:]))


def read_entries(tile):
    """Records of an entry tile."""
    records, at = [], 0
    while at < len(tile):
        length = int.from_bytes(tile[at:at + 2], "big")
        if len(tile) < at + 2 + length:
            raise Refused("the tile ends within a record")
        records.append(tile[at + 2:at + 2 + length])
        at += 2 + length
    return records


def pre_auth_encoding(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def open_checkpoint(note, verifier_key):
    """Origin, size and root of a checkpoint that is signed by the key NAME+HEX+BASE64."""
    name, key_id, encoded = verifier_key.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    if sha256(name.encode(), b"\n", key)[:4].hex() != key_id or key[0] != 1:
        raise Refused("verifier key does not match its id")
    text, signatures = note.split("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        signed = base64.b64decode(blob, validate=True)
        if dash == "\u2014" and signer == name and signed[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(key[1:]).verify(signed[4:], text.encode())
            except InvalidSignature:
                raise Refused("the checkpoint's signature is bad") from None
            origin, size, root = text.splitlines()[:3]
            if origin != name:
                raise Refused("the checkpoint is of another log")
            return origin, int(size), base64.b64decode(root, validate=True)
    raise Refused("the checkpoint is not signed by this log")


def read_header(header):
    """Sequence, time, hash of the record before and length of the envelope, from a record's header."""
    version, flags, semantics, sequence, recorded_at_us = struct.unpack(">BBHQQ", header[:20])
    if version != 1 or flags & ~1 or semantics < 1 or len(header) != (56 if flags == 0 else 88):
        raise Refused("unknown header")
    return sequence, recorded_at_us, header[20:52], struct.unpack(">I", header[-4:])[0]


def check_receipt(receipt, envelope, verifier_key):
    """The record's sequence, if the receipt proves that this envelope is in the log; raises Refused otherwise."""
    sequence, _, _, length = read_header(receipt.header)
    if length != len(envelope):
        raise Refused("the header is of another envelope")
    _, size, root = open_checkpoint(receipt.checkpoint, verifier_key)
    if size != receipt.tree_size:
        raise Refused("the proof is of another tree")
    leaf = leaf_hash(receipt.header + envelope)
    if root_from_inclusion(sequence, size, leaf, list(receipt.inclusion)) != root:
        raise Refused("the proof does not lead to the signed root")
    return sequence
