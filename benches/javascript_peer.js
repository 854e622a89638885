// usage: node javascript_peer.js encrypt|decrypt KEY_FILE UNSIGNED|SIGNED < INPUT > OUTPUT
const { readFileSync } = require('fs')
const { pipeline } = require('stream')
const {
  AlgorithmSuiteIdentifier, buildClient, CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier
} = require('@aws-crypto/client-node')

const [, , action, keyFile, kind] = process.argv
const { encryptStream, decryptStream } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const keyring = new RawAesKeyringNode({
  keyNamespace: 'benchmark',
  keyName: 'key',
  // A copy: the library wants a buffer that shares its memory with no other.
  unencryptedMasterKey: new Uint8Array(readFileSync(keyFile)),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING
})
const suiteId = kind === 'UNSIGNED'
  ? AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
  : AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384
const stream = action === 'encrypt' ? encryptStream(keyring, { suiteId }) : decryptStream(keyring)
pipeline(process.stdin, stream, process.stdout, (error) => {
  if (error) throw error
})
