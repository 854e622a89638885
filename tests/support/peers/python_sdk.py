"""Encrypts and decrypts files with aws-encryption-sdk and the keyrings of the material providers library.

Standard input: a JSON array of cases. Standard output: a JSON array with an answer for each: what the peer read in
the header, or {"error": ...}. javascript_sdk.js takes and gives the same.
"""
import json
import sys

import boto3
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    AesWrappingAlg,
    CreateAwsKmsMrkKeyringInput,
    CreateDefaultCryptographicMaterialsManagerInput,
    CreateRawAesKeyringInput,
    CreateRawRsaKeyringInput,
    CreateRequiredEncryptionContextCMMInput,
    PaddingScheme,
)
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.identifiers import Algorithm

PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
PADDINGS = {
    "pkcs1": PaddingScheme.PKCS1,
    "oaep-sha1": PaddingScheme.OAEP_SHA1_MGF1,
    "oaep-sha256": PaddingScheme.OAEP_SHA256_MGF1,
    "oaep-sha384": PaddingScheme.OAEP_SHA384_MGF1,
    "oaep-sha512": PaddingScheme.OAEP_SHA512_MGF1,
}
WRAPPING = {
    16: AesWrappingAlg.ALG_AES128_GCM_IV12_TAG16,
    24: AesWrappingAlg.ALG_AES192_GCM_IV12_TAG16,
    32: AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def raw_aes(key):
    wrapping_key = bytes.fromhex(key["key"])
    return PROVIDERS.create_raw_aes_keyring(
        CreateRawAesKeyringInput(
            key_namespace=key["namespace"],
            key_name=key["name"],
            wrapping_key=wrapping_key,
            wrapping_alg=WRAPPING[len(wrapping_key)],
        )
    )


def raw_rsa(key):
    return PROVIDERS.create_raw_rsa_keyring(
        CreateRawRsaKeyringInput(
            key_namespace=key["namespace"],
            key_name=key["name"],
            padding_scheme=PADDINGS[key["padding"]],
            public_key=read(key["public-key"]),
            private_key=read(key["private-key"]),
        )
    )


def kms_multi_region(key):
    # The endpoint and the credentials come from the environment.
    client = boto3.client("kms", region_name=key["region"])
    return PROVIDERS.create_aws_kms_mrk_keyring(CreateAwsKmsMrkKeyringInput(kms_key_id=key["arn"], kms_client=client))


KEYRINGS = {"raw-aes": raw_aes, "raw-rsa": raw_rsa, "kms-multi-region": kms_multi_region}


def materials(case):
    """The argument that says where the data key comes from."""
    keyring = KEYRINGS[case["key"]["kind"]](case["key"])
    unstored = case.get("unstored", [])
    if not unstored:
        return {"keyring": keyring}
    default = PROVIDERS.create_default_cryptographic_materials_manager(
        CreateDefaultCryptographicMaterialsManagerInput(keyring=keyring)
    )
    manager = PROVIDERS.create_required_encryption_context_cmm(
        CreateRequiredEncryptionContextCMMInput(
            underlying_cmm=default, keyring=None, required_encryption_context_keys=unstored
        )
    )
    return {"materials_manager": manager}


def encrypt(case):
    suite = Algorithm.get_by_id(case["suite"])
    if suite.is_committing():
        policy = CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    else:
        policy = CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    message, header = EncryptionSDKClient(commitment_policy=policy).encrypt(
        source=read(case["input"]),
        algorithm=suite,
        frame_length=case["frame-length"],
        encryption_context=case["context"],
        **materials(case),
    )
    write(case["output"], message)
    return header


def decrypt(case):
    policy = CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
    plaintext, header = EncryptionSDKClient(commitment_policy=policy).decrypt(
        source=read(case["input"]), encryption_context=case["context"], **materials(case)
    )
    write(case["output"], plaintext)
    return header


DIRECTIONS = {"encrypt": encrypt, "decrypt": decrypt}


def answer(case):
    try:
        header = DIRECTIONS[case["direction"]](case)
    except Exception as error:  # whatever it is, it is what the peer says of this case
        return {"error": "{}: {}".format(type(error).__name__, error)}
    return {
        "suite": header.algorithm.algorithm_id,
        "frame-length": header.frame_length,
        "context": header.encryption_context,
    }


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
