"""moto's KMS server with the gaps closed that an Encryption SDK client can see.

usage: python kms_lab.py [-H 127.0.0.1] [-p PORT] [--follow-stdin] [--log]

moto keeps doing HTTP, SigV4 scope -> region, accounts, key storage, aliases, grants and tags.
Replaced here: multi-Region key ids, the ciphertext blob, Encrypt, Decrypt, ReEncrypt,
GenerateDataKey(WithoutPlaintext), GetPublicKey, DeriveSharedSecret, key states, key usage,
ARN checks, cross-account calls, a Deny in a key policy. Requests are answered one at a time:
moto's look-ups are not safe beside a call that adds a key.
"""
import argparse
import base64
import fnmatch
import hashlib
import json
import logging
import os
import sys
import threading
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.core.exceptions import JsonRESTError
from moto.kms import models, responses
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.utilities.utils import get_partition
from werkzeug.serving import WSGIRequestHandler, make_server

MAGIC = b"\x01\x02\x02\x00x"
ONE_AT_A_TIME = threading.Lock()
PAD = 87  # makes a blob as long as the service's own: 152 bytes over the plaintext
HASH = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}


def fail(code, message=None, status=400):
    error = JsonRESTError(code, message or "")
    error.code = status
    if message is None:
        error.description = json.dumps({"__type": code})
    return error


def b64(raw):
    return base64.b64encode(raw).decode("ascii")


# --- finding a key -----------------------------------------------------------------------
def find(self, ref):
    """The key that an id, key ARN, alias name or alias ARN names, as this caller sees it."""
    account, region, rest = self.current_account, self.region, ref
    if ref.startswith("arn:"):
        parts = ref.split(":", 5)
        if len(parts) != 6 or parts[2] != "kms":
            raise fail("NotFoundException", "Invalid arn {}".format(ref))
        partition, region, account, rest = parts[1], parts[3], parts[4], parts[5]
        if region != self.region or partition != get_partition(region):
            raise fail("NotFoundException", "Invalid arn {}".format(region))
        if rest.startswith("key/"):
            rest = rest[4:]
        elif not rest.startswith("alias/"):
            raise fail("NotFoundException", "Invalid arn {}".format(ref))
    arn = "arn:{}:kms:{}:{}:".format(get_partition(region), region, account)
    known = account in models.kms_backends and region in models.kms_backends[account]
    backend = models.kms_backends[account][region] if known or account == self.current_account else None
    if rest.startswith("alias/"):
        key_id = backend.get_key_id_from_alias(rest) if backend else None
        if not key_id:
            raise fail("NotFoundException", "Alias {}{} is not found.".format(arn, rest))
        return backend.keys[key_id]
    if backend and rest in backend.keys:
        return backend.keys[rest]
    if not ref.startswith("arn:") and len(rest) < 36:
        raise fail("NotFoundException", "Invalid keyId '{}'".format(rest))
    raise fail("NotFoundException", "Key '{}key/{}' does not exist".format(arn, rest))


def may(self, key, action):
    """A Deny for everyone in the key policy, and other accounts that the policy does not allow."""
    def listed(value):
        return [value] if isinstance(value, str) else list(value or [])

    try:
        statements = json.loads(key.policy).get("Statement", [])
    except ValueError:
        statements = []
    allowed = key.account_id == self.current_account
    for statement in statements:
        who = statement.get("Principal", {})
        who = listed(who if isinstance(who, str) else who.get("AWS"))
        hit = any(w == "*" or w.split(":")[-2:-1] == [self.current_account] or w == self.current_account for w in who)
        if not hit or not any(fnmatch.fnmatchcase(action, a) for a in listed(statement.get("Action"))):
            continue
        if statement.get("Effect") == "Deny":
            allowed = False
            break
        allowed = True
    if not allowed:
        raise fail("AccessDeniedException", "User is not authorized to perform: {} on resource: {}".format(action, key.arn))


def ready(self, key, operation, usage):
    may(self, key, "kms:" + operation)
    if key.key_state == "Disabled":
        raise fail("DisabledException", "{} is disabled.".format(key.arn))
    if key.key_state != "Enabled":
        raise fail("KMSInvalidStateException", "{} is pending deletion.".format(key.arn))
    if key.key_usage != usage:
        raise fail("InvalidKeyUsageException", "{} key usage is {} which is not valid for {}.".format(
            key.arn, key.key_usage, operation))
    return key


def dry(self):
    if self._get_param("DryRun"):
        raise fail("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412)


# --- the blob ----------------------------------------------------------------------------
def fingerprint(key_id):
    return hashlib.sha256(key_id.encode()).digest()


def context_bytes(context):
    return json.dumps(sorted((context or {}).items()), ensure_ascii=True).encode()


def seal(key, plaintext, context):
    head, iv = MAGIC + fingerprint(key.id) + os.urandom(PAD), os.urandom(12)
    return head + iv + AESGCM(key.key_material).encrypt(iv, plaintext, head + context_bytes(context))


def unseal(key, blob, context):
    cut = len(MAGIC) + 32 + PAD
    head, iv, body = blob[:cut], blob[cut:cut + 12], blob[cut + 12:]
    try:
        return AESGCM(key.key_material).decrypt(iv, body, head + context_bytes(context))
    except (InvalidTag, ValueError):
        raise fail("InvalidCiphertextException") from None


def owner(self, blob):
    """The key that made the blob, if this caller's region holds it (any account)."""
    if len(blob) < len(MAGIC) + 32 + PAD + 28 or not blob.startswith(MAGIC):
        raise fail("InvalidCiphertextException")
    mark, elsewhere = blob[len(MAGIC):len(MAGIC) + 32], False
    for account in list(models.kms_backends):
        for region, backend in list(models.kms_backends[account].items()):
            for key in backend.keys.values():
                if fingerprint(key.id) == mark:
                    if region == self.region:
                        return key
                    elsewhere = True
    if not elsewhere:
        raise fail("InvalidCiphertextException")
    return None


def opened(self, blob, context, ref, algorithm, operation):
    """-> plaintext, key"""
    named = find(self, ref) if ref else None
    if named is not None and named.key_spec != "SYMMETRIC_DEFAULT":
        ready(self, named, operation, "ENCRYPT_DECRYPT")
        suits(named, algorithm)
        scheme = HASH[algorithm]()
        try:
            return named.private_key.private_key.decrypt(
                blob, padding.OAEP(padding.MGF1(scheme), scheme, None)), named
        except ValueError:
            raise fail("InvalidCiphertextException") from None
    made_by = owner(self, blob)
    if named is not None:
        if made_by is None or made_by.id != named.id:
            raise fail("IncorrectKeyException",
                       "The key ID in the request does not identify a CMK that can perform this operation.")
        made_by = named
    if made_by is None:
        raise fail("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, "
                   "does not exist in this region, or you are not allowed to access.")
    ready(self, made_by, operation, "ENCRYPT_DECRYPT")
    return unseal(made_by, blob, context), made_by


def suits(key, algorithm):
    if algorithm not in (key.encryption_algorithms or []):
        raise fail("InvalidKeyUsageException", "Algorithm {} is incompatible with key spec {}.".format(
            algorithm, key.key_spec))


def closed(key, plaintext, context, algorithm):
    suits(key, algorithm)
    if algorithm == "SYMMETRIC_DEFAULT":
        return seal(key, plaintext, context)
    scheme = HASH[algorithm]()
    try:
        return key.private_key.private_key.public_key().encrypt(
            plaintext, padding.OAEP(padding.MGF1(scheme), scheme, None))
    except ValueError as error:
        raise fail("ValidationException", str(error)) from None


# --- operations --------------------------------------------------------------------------
def encrypt(self):
    plaintext, algorithm = self._get_param("Plaintext"), self._get_param("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
    if not 1 <= len(plaintext) <= 4096:
        raise fail("ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy "
                   "constraint: Member must have length less than or equal to 4096")
    key = ready(self, find(self, self._get_param("KeyId")), "Encrypt", "ENCRYPT_DECRYPT")
    dry(self)
    blob = closed(key, plaintext, self._get_param("EncryptionContext"), algorithm)
    return json.dumps({"CiphertextBlob": b64(blob), "KeyId": key.arn, "EncryptionAlgorithm": algorithm})


def decrypt(self):
    algorithm = self._get_param("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
    plaintext, key = opened(self, self._get_param("CiphertextBlob"), self._get_param("EncryptionContext"),
                            self._get_param("KeyId"), algorithm, "Decrypt")
    dry(self)
    return json.dumps({"Plaintext": b64(plaintext), "KeyId": key.arn, "EncryptionAlgorithm": algorithm})


def re_encrypt(self):
    before = self._get_param("SourceEncryptionAlgorithm", "SYMMETRIC_DEFAULT")
    after = self._get_param("DestinationEncryptionAlgorithm", "SYMMETRIC_DEFAULT")
    plaintext, source = opened(self, self._get_param("CiphertextBlob"), self._get_param("SourceEncryptionContext"),
                               self._get_param("SourceKeyId"), before, "ReEncryptFrom")
    key = ready(self, find(self, self._get_param("DestinationKeyId")), "ReEncryptTo", "ENCRYPT_DECRYPT")
    dry(self)
    blob = closed(key, plaintext, self._get_param("DestinationEncryptionContext"), after)
    return json.dumps({"CiphertextBlob": b64(blob), "SourceKeyId": source.arn, "KeyId": key.arn,
                       "SourceEncryptionAlgorithm": before, "DestinationEncryptionAlgorithm": after})


def data_key(self, operation):
    size, spec = self._get_param("NumberOfBytes"), self._get_param("KeySpec")
    if (size is None) == (spec is None):
        raise fail("ValidationException", "Please specify either number of bytes or key spec.")
    if spec is not None and spec not in ("AES_128", "AES_256") or size is not None and not 1 <= size <= 1024:
        raise fail("ValidationException", "1 validation error detected: Value at '{}' failed to satisfy constraint".format(
            "keySpec" if spec else "numberOfBytes"))
    key = ready(self, find(self, self._get_param("KeyId")), operation, "ENCRYPT_DECRYPT")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise fail("InvalidKeyUsageException", "{} key spec is {} which is not valid for {}.".format(
            key.arn, key.key_spec, operation))
    dry(self)
    plaintext = os.urandom(size or {"AES_128": 16, "AES_256": 32}[spec])
    return plaintext, {"CiphertextBlob": b64(seal(key, plaintext, self._get_param("EncryptionContext"))), "KeyId": key.arn}


def generate_data_key(self):
    plaintext, answer = data_key(self, "GenerateDataKey")
    return json.dumps({**answer, "Plaintext": b64(plaintext)})


def generate_data_key_without_plaintext(self):
    return json.dumps(data_key(self, "GenerateDataKeyWithoutPlaintext")[1])


def get_public_key(self):
    key = find(self, self._get_param("KeyId"))
    may(self, key, "kms:GetPublicKey")
    if key.key_spec == "SYMMETRIC_DEFAULT":
        raise fail("UnsupportedOperationException", "{} is not an asymmetric key.".format(key.arn))
    answer = {"KeyId": key.arn, "KeySpec": key.key_spec, "CustomerMasterKeySpec": key.key_spec,
              "KeyUsage": key.key_usage, "PublicKey": b64(key.private_key.public_key())}
    if key.key_usage == "KEY_AGREEMENT":
        answer["KeyAgreementAlgorithms"] = ["ECDH"]
    elif key.key_usage == "ENCRYPT_DECRYPT":
        answer["EncryptionAlgorithms"] = key.encryption_algorithms
    else:
        answer["SigningAlgorithms"] = key.signing_algorithms
    return json.dumps(answer)


def derive_shared_secret(self):
    key = ready(self, find(self, self._get_param("KeyId")), "DeriveSharedSecret", "KEY_AGREEMENT")
    dry(self)
    try:
        peer = serialization.load_der_public_key(base64.b64decode(self._get_param("PublicKey")))
        secret = key.private_key.private_key.exchange(ec.ECDH(), peer)
    except (ValueError, AttributeError, TypeError) as error:
        raise fail("ValidationException", "PublicKey: {}".format(error)) from None
    return json.dumps({"SharedSecret": b64(secret), "KeyId": key.arn, "KeyAgreementAlgorithm": "ECDH",
                       "KeyOrigin": key.origin})


def replicate_key(self):
    key, region = find(self, self._get_param("KeyId")), self._get_param("ReplicaRegion")
    if not key.multi_region:
        raise fail("UnsupportedOperationException", "{} is not a multi-Region key.".format(key.arn))
    if key.id in models.kms_backends[key.account_id][region].keys:
        raise fail("AlreadyExistsException", "{} already exists in {}".format(key.id, region))
    replica = self.kms_backend.replicate_key(key.id, region)
    return json.dumps({"ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"],
                       "ReplicaPolicy": replica.generate_default_policy()})


def by_id(original):
    """moto indexes by bare id here and answers 500 to an ARN."""
    def operation(self):
        find(self, self._get_param("KeyId"))
        inner = self._get_param

        def param(name, if_none=None):
            value = inner(name, if_none)
            return value.split(":key/")[-1] if name == "KeyId" and value else value

        self._get_param = param
        return original(self)
    return operation


def verify(self, original=KmsResponse.verify):
    answer = original(self)
    if not json.loads(answer)["SignatureValid"]:
        raise fail("KMSInvalidSignatureException")
    return answer


def install():
    for name, function in list(globals().items()):
        if name in ("encrypt", "decrypt", "re_encrypt", "generate_data_key", "generate_data_key_without_plaintext",
                    "get_public_key", "derive_shared_secret", "replicate_key", "verify"):
            setattr(KmsResponse, name, function)
    for name in ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion"):
        setattr(KmsResponse, name, by_id(getattr(KmsResponse, name)))
    KmsResponse._validate_cmk_id = lambda self, key_id: find(self, key_id) and None
    models.generate_key_id = lambda multi_region=False: (
        "mrk-" + uuid.uuid4().hex if multi_region else str(uuid.uuid4()))
    make = models.generate_private_key
    models.generate_private_key = lambda spec: None if spec == "SYMMETRIC_DEFAULT" else make(spec)
    create = KmsResponse.create_key

    def create_key(self):
        inner = self._get_param
        self._get_param = lambda name, if_none=None: inner(name, if_none) or ("ENCRYPT_DECRYPT" if name == "KeyUsage" else None)
        return create(self)

    KmsResponse.create_key = create_key
    call_action = KmsResponse.call_action

    def call_alone(self):
        with ONE_AT_A_TIME:
            return call_action(self)

    KmsResponse.call_action = call_alone


def serve(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("-H", "--host", default="127.0.0.1")
    parser.add_argument("-p", "--port", type=int, default=0, help="0: any free port, printed on stdout")
    parser.add_argument("--follow-stdin", action="store_true", help="stop when stdin closes (the parent is gone)")
    parser.add_argument("--log", action="store_true", help="one line for each request on stderr")
    options = parser.parse_args(argv)
    if not options.log:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install()

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"  # keep connections open, as the service does

    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(options.host, options.port, application, threaded=True, request_handler=Handler)
    print("http://{}:{}".format(options.host, server.server_port), flush=True)
    if options.follow_stdin:
        def follow():
            while sys.stdin.buffer.read(4096):
                pass
            os._exit(0)
        threading.Thread(target=follow, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1:])
