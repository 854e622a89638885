// Encrypts and decrypts files with @aws-crypto/client-node.
//
// Standard input: a JSON array of cases. Standard output: a JSON array with an answer for each: what the peer read in
// the header, or {"error": ...}. python_sdk.py takes and gives the same.
'use strict'

const { constants, privateDecrypt, publicEncrypt } = require('node:crypto')
const { readFileSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { createRequire } = require('node:module')

// The packages lie under target/: this script's own folder has none.
const fromPackages = createRequire(path.join(process.argv[2], 'package.json'))
const {
  AwsKmsMrkAwareSymmetricKeyringNode,
  CommitmentPolicy,
  KMS,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
  buildClient,
} = fromPackages('@aws-crypto/client-node')

const COMMITTING = [0x0478, 0x0578]

const WRAPPING = {
  16: RawAesWrappingSuiteIdentifier.AES128_GCM_IV12_TAG16_NO_PADDING,
  24: RawAesWrappingSuiteIdentifier.AES192_GCM_IV12_TAG16_NO_PADDING,
  32: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
}

const KEYRINGS = {
  'raw-aes': (key) => {
    const bytes = Buffer.from(key.key, 'hex')
    return new RawAesKeyringNode({
      keyNamespace: key.namespace,
      keyName: key.name,
      // The SDK wants memory that nothing else lies in.
      unencryptedMasterKey: Uint8Array.from(bytes),
      wrappingSuite: WRAPPING[bytes.length],
      utf8Sorting: key.sorting === undefined ? undefined : key.sorting === 'utf-8',
    })
  },
  'raw-rsa': (key, direction) => {
    const rsaKey = { publicKey: readFileSync(key['public-key']), privateKey: readFileSync(key['private-key']) }
    if (key.padding === 'pkcs1' && direction === 'decrypt') refuseWhatNodeRefuses(rsaKey)
    return new RawRsaKeyringNode({
      keyNamespace: key.namespace,
      keyName: key.name,
      rsaKey,
      ...(key.padding === 'pkcs1'
        ? { padding: constants.RSA_PKCS1_PADDING }
        : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: key.padding.replace('oaep-', '') }),
    })
  },
  // The endpoint and the credentials come from the environment.
  'kms-multi-region': (key) =>
    new AwsKmsMrkAwareSymmetricKeyringNode({ keyId: key.arn, client: new KMS({ region: key.region }) }),
}

// Node.js does not decrypt with PKCS#1 padding where its OpenSSL lacks implicit rejection, and says so. The keyring keeps
// that to itself.
function refuseWhatNodeRefuses({ publicKey, privateKey }) {
  const padding = constants.RSA_PKCS1_PADDING
  privateDecrypt({ key: privateKey, padding }, publicEncrypt({ key: publicKey, padding }, Buffer.from('any')))
}

const DIRECTIONS = {
  encrypt: async (testCase, keyring) => {
    const policy = COMMITTING.includes(testCase.suite)
      ? CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
      : CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    const { result, messageHeader } = await buildClient(policy).encrypt(keyring, readFileSync(testCase.input), {
      suiteId: testCase.suite,
      frameLength: testCase['frame-length'],
      encryptionContext: testCase.context,
    })
    writeFileSync(testCase.output, result)
    return messageHeader
  },
  decrypt: async (testCase, keyring) => {
    const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    const { plaintext, messageHeader } = await client.decrypt(keyring, readFileSync(testCase.input))
    writeFileSync(testCase.output, plaintext)
    return messageHeader
  },
}

async function answer(testCase) {
  try {
    const keyring = KEYRINGS[testCase.key.kind](testCase.key, testCase.direction)
    const header = await DIRECTIONS[testCase.direction](testCase, keyring)
    return { suite: header.suiteId, 'frame-length': header.frameLength, context: { ...header.encryptionContext } }
  } catch (error) {
    // Whatever it is, it is what the peer says of this case.
    return { error: `${error.name}: ${error.message}` }
  }
}

async function main() {
  const answers = []
  for (const testCase of JSON.parse(readFileSync(0, 'utf8'))) {
    answers.push(await answer(testCase))
  }
  process.stdout.write(JSON.stringify(answers))
}

main()
