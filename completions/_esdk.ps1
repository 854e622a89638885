
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'esdk' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'esdk'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'esdk' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Encrypt files, trees or standard input')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Decrypt files, trees or standard input')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Decrypt and check everything, write nothing')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show a message''s header; needs no key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Encrypt messages anew under other keys, in one pass, plaintext in memory only')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the KMS calls that encrypt or decrypt would make, and the IAM policy they need')
            [CompletionResult]::new('keygen', 'keygen', [CompletionResultType]::ParameterValue, 'Make a wrapping key for the raw keyrings')
            [CompletionResult]::new('clean', 'clean', [CompletionResultType]::ParameterValue, 'Remove the unfinished files that killed runs have left')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('install-links', 'install-links', [CompletionResultType]::ParameterValue, 'Make links by whose names this is called as another program')
            [CompletionResult]::new('aws-encryption-cli', 'aws-encryption-cli', [CompletionResultType]::ParameterValue, 'Take the arguments of the Python aws-encryption-sdk-cli 4.3')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'esdk;encrypt' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'What names of encrypted files end with')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('--kms-key', '--kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--wrapping-keys', '--wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS Region of keys that name none')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Address of KMS')
            [CompletionResult]::new('--caching', '--caching', [CompletionResultType]::ParameterName, 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]')
            [CompletionResult]::new('--kms-timeout', '--kms-timeout', [CompletionResultType]::ParameterName, 'Longest time for a KMS operation, or to open a message')
            [CompletionResult]::new('--kms-rate', '--kms-rate', [CompletionResultType]::ParameterName, 'Most KMS requests a second, fractions allowed [default: no limit]')
            [CompletionResult]::new('--kms-in-flight', '--kms-in-flight', [CompletionResultType]::ParameterName, 'Most KMS calls at the same time')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)')
            [CompletionResult]::new('--encryption-context-file', '--encryption-context-file', [CompletionResultType]::ParameterName, 'Read more pairs from a JSON object of strings')
            [CompletionResult]::new('--unstored-context', '--unstored-context', [CompletionResultType]::ParameterName, 'Bind KEY=VALUE without storing it: whoever decrypts must give it with -c (repeat)')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'Algorithm suite, by name or 0xID [default: 0x0578, signed]')
            [CompletionResult]::new('--frame-length', '--frame-length', [CompletionResultType]::ParameterName, 'Plaintext bytes in a frame')
            [CompletionResult]::new('--fits', '--fits', [CompletionResultType]::ParameterName, 'Write nothing unless the output, with --encode its base64, has at most BYTES (EC2 user data: 16384)')
            [CompletionResult]::new('--commitment-policy', '--commitment-policy', [CompletionResultType]::ParameterName, 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt')
            [CompletionResult]::new('--max-encrypted-data-keys', '--max-encrypted-data-keys', [CompletionResultType]::ParameterName, 'Most encrypted data keys in a message, 0 for no limit')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads that seal and open [default: one for each core]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--skip-existing', '--skip-existing', [CompletionResultType]::ParameterName, 'Pass over an input whose output exists')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep the times of the input, and its owner when that is allowed')
            [CompletionResult]::new('--remove-input', '--remove-input', [CompletionResultType]::ParameterName, 'Remove an input when its output is whole, synced, and (encrypt) read back and verified')
            [CompletionResult]::new('--encode', '--encode', [CompletionResultType]::ParameterName, 'Write base64, in one line')
            [CompletionResult]::new('--decode', '--decode', [CompletionResultType]::ParameterName, 'Read base64, with or without line breaks')
            [CompletionResult]::new('--unsigned', '--unsigned', [CompletionResultType]::ParameterName, 'Short for --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY: no signature, twice as fast')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;decrypt' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'What names of encrypted files end with')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('--kms-key', '--kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--wrapping-keys', '--wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS Region of keys that name none')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Address of KMS')
            [CompletionResult]::new('--caching', '--caching', [CompletionResultType]::ParameterName, 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]')
            [CompletionResult]::new('--kms-timeout', '--kms-timeout', [CompletionResultType]::ParameterName, 'Longest time for a KMS operation, or to open a message')
            [CompletionResult]::new('--kms-rate', '--kms-rate', [CompletionResultType]::ParameterName, 'Most KMS requests a second, fractions allowed [default: no limit]')
            [CompletionResult]::new('--kms-in-flight', '--kms-in-flight', [CompletionResultType]::ParameterName, 'Most KMS calls at the same time')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context-file', '--encryption-context-file', [CompletionResultType]::ParameterName, 'Read more pairs from a JSON object of strings')
            [CompletionResult]::new('--max-length', '--max-length', [CompletionResultType]::ParameterName, 'Greatest length accepted of a frame, or of a body that is not framed')
            [CompletionResult]::new('--commitment-policy', '--commitment-policy', [CompletionResultType]::ParameterName, 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt')
            [CompletionResult]::new('--max-encrypted-data-keys', '--max-encrypted-data-keys', [CompletionResultType]::ParameterName, 'Most encrypted data keys in a message, 0 for no limit')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads that seal and open [default: one for each core]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--skip-existing', '--skip-existing', [CompletionResultType]::ParameterName, 'Pass over an input whose output exists')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep the times of the input, and its owner when that is allowed')
            [CompletionResult]::new('--remove-input', '--remove-input', [CompletionResultType]::ParameterName, 'Remove an input when its output is whole, synced, and (encrypt) read back and verified')
            [CompletionResult]::new('--encode', '--encode', [CompletionResultType]::ParameterName, 'Write base64, in one line')
            [CompletionResult]::new('--decode', '--decode', [CompletionResultType]::ParameterName, 'Read base64, with or without line breaks')
            [CompletionResult]::new('--require-signature', '--require-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are not signed')
            [CompletionResult]::new('--forbid-signature', '--forbid-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are signed')
            [CompletionResult]::new('--release-unverified', '--release-unverified', [CompletionResultType]::ParameterName, 'To a pipe or terminal: give out frames of a signed message before its signature has verified')
            [CompletionResult]::new('--verify-first', '--verify-first', [CompletionResultType]::ParameterName, 'To a pipe or terminal: give out nothing of an unsigned message either before all has verified')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;verify' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'Of directories, take the files whose names end with TEXT')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('--kms-key', '--kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--wrapping-keys', '--wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS Region of keys that name none')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Address of KMS')
            [CompletionResult]::new('--caching', '--caching', [CompletionResultType]::ParameterName, 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]')
            [CompletionResult]::new('--kms-timeout', '--kms-timeout', [CompletionResultType]::ParameterName, 'Longest time for a KMS operation, or to open a message')
            [CompletionResult]::new('--kms-rate', '--kms-rate', [CompletionResultType]::ParameterName, 'Most KMS requests a second, fractions allowed [default: no limit]')
            [CompletionResult]::new('--kms-in-flight', '--kms-in-flight', [CompletionResultType]::ParameterName, 'Most KMS calls at the same time')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context-file', '--encryption-context-file', [CompletionResultType]::ParameterName, 'Read more pairs from a JSON object of strings')
            [CompletionResult]::new('--max-length', '--max-length', [CompletionResultType]::ParameterName, 'Greatest length accepted of a frame, or of a body that is not framed')
            [CompletionResult]::new('--commitment-policy', '--commitment-policy', [CompletionResultType]::ParameterName, 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt')
            [CompletionResult]::new('--max-encrypted-data-keys', '--max-encrypted-data-keys', [CompletionResultType]::ParameterName, 'Most encrypted data keys in a message, 0 for no limit')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads that seal and open [default: one for each core]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('--decode', '--decode', [CompletionResultType]::ParameterName, 'The input is base64')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One line of JSON for each message on standard output')
            [CompletionResult]::new('--require-signature', '--require-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are not signed')
            [CompletionResult]::new('--forbid-signature', '--forbid-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are signed')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;inspect' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'Of directories, take the files whose names end with TEXT')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One line of JSON for each message')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;rotate' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--wrapping-keys', '--wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS Region of keys that name none')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Address of KMS')
            [CompletionResult]::new('--kms-timeout', '--kms-timeout', [CompletionResultType]::ParameterName, 'Longest time for a KMS operation, or to open a message')
            [CompletionResult]::new('--kms-rate', '--kms-rate', [CompletionResultType]::ParameterName, 'Most KMS requests a second, fractions allowed [default: no limit]')
            [CompletionResult]::new('--kms-in-flight', '--kms-in-flight', [CompletionResultType]::ParameterName, 'Most KMS calls at the same time')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context-file', '--encryption-context-file', [CompletionResultType]::ParameterName, 'Read more pairs from a JSON object of strings')
            [CompletionResult]::new('--max-length', '--max-length', [CompletionResultType]::ParameterName, 'Greatest length accepted of a frame, or of a body that is not framed')
            [CompletionResult]::new('--commitment-policy', '--commitment-policy', [CompletionResultType]::ParameterName, 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt')
            [CompletionResult]::new('--max-encrypted-data-keys', '--max-encrypted-data-keys', [CompletionResultType]::ParameterName, 'Most encrypted data keys in a message, 0 for no limit')
            [CompletionResult]::new('--to-kms-key', '--to-kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, key id, alias name or alias ARN (repeat)')
            [CompletionResult]::new('--to-wrapping-keys', '--to-wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys of the new message, as with -w (repeat)')
            [CompletionResult]::new('--set-context', '--set-context', [CompletionResultType]::ParameterName, 'Store this pair, in place of one with this key (repeat)')
            [CompletionResult]::new('--unset-context', '--unset-context', [CompletionResultType]::ParameterName, 'Store this key no more; a message without it is refused (repeat)')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'Algorithm suite, by name or 0xID [default: that of the old message]')
            [CompletionResult]::new('--frame-length', '--frame-length', [CompletionResultType]::ParameterName, 'Plaintext bytes in a frame [default: those of the old message]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'What names of messages in directories end with; empty: any')
            [CompletionResult]::new('--caching', '--caching', [CompletionResultType]::ParameterName, 'Reuse data keys of old messages: capacity=N,max-age=SECONDS')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS key that opens the old message: its ARN (repeat)')
            [CompletionResult]::new('--kms-key', '--kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key that opens the old message: its ARN (repeat)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` [default: the input itself]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` [default: the input itself]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--skip-existing', '--skip-existing', [CompletionResultType]::ParameterName, 'Pass over an input whose output exists')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep the times of the input, and its owner when that is allowed')
            [CompletionResult]::new('--encode', '--encode', [CompletionResultType]::ParameterName, 'Write base64, in one line')
            [CompletionResult]::new('--decode', '--decode', [CompletionResultType]::ParameterName, 'Read base64, with or without line breaks')
            [CompletionResult]::new('--if-needed', '--if-needed', [CompletionResultType]::ParameterName, 'Leave alone what is as it would become, under exactly these keys')
            [CompletionResult]::new('--require-signature', '--require-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are not signed')
            [CompletionResult]::new('--forbid-signature', '--forbid-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are signed')
            [CompletionResult]::new('--unsigned', '--unsigned', [CompletionResultType]::ParameterName, 'Short for --algorithm 0x0478: no signature')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--remove-input', '--remove-input', [CompletionResultType]::ParameterName, 'Remove an input when its output is whole, read back and synced; with -o only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;plan' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Show what decrypt would ask of KMS by the messages'' headers, and the IAM policy it needs')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'esdk;plan;encrypt' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'What names of encrypted files end with')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('--kms-key', '--kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--wrapping-keys', '--wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS Region of keys that name none')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Address of KMS')
            [CompletionResult]::new('--caching', '--caching', [CompletionResultType]::ParameterName, 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]')
            [CompletionResult]::new('--kms-timeout', '--kms-timeout', [CompletionResultType]::ParameterName, 'Longest time for a KMS operation, or to open a message')
            [CompletionResult]::new('--kms-rate', '--kms-rate', [CompletionResultType]::ParameterName, 'Most KMS requests a second, fractions allowed [default: no limit]')
            [CompletionResult]::new('--kms-in-flight', '--kms-in-flight', [CompletionResultType]::ParameterName, 'Most KMS calls at the same time')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)')
            [CompletionResult]::new('--encryption-context-file', '--encryption-context-file', [CompletionResultType]::ParameterName, 'Read more pairs from a JSON object of strings')
            [CompletionResult]::new('--unstored-context', '--unstored-context', [CompletionResultType]::ParameterName, 'Bind KEY=VALUE without storing it: whoever decrypts must give it with -c (repeat)')
            [CompletionResult]::new('--algorithm', '--algorithm', [CompletionResultType]::ParameterName, 'Algorithm suite, by name or 0xID [default: 0x0578, signed]')
            [CompletionResult]::new('--frame-length', '--frame-length', [CompletionResultType]::ParameterName, 'Plaintext bytes in a frame')
            [CompletionResult]::new('--fits', '--fits', [CompletionResultType]::ParameterName, 'Write nothing unless the output, with --encode its base64, has at most BYTES (EC2 user data: 16384)')
            [CompletionResult]::new('--commitment-policy', '--commitment-policy', [CompletionResultType]::ParameterName, 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt')
            [CompletionResult]::new('--max-encrypted-data-keys', '--max-encrypted-data-keys', [CompletionResultType]::ParameterName, 'Most encrypted data keys in a message, 0 for no limit')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads that seal and open [default: one for each core]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('--iam-policy', '--iam-policy', [CompletionResultType]::ParameterName, 'Print the IAM policy that the calls need, and nothing else')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one line of JSON for each input, and a last one for all of them')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--skip-existing', '--skip-existing', [CompletionResultType]::ParameterName, 'Pass over an input whose output exists')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep the times of the input, and its owner when that is allowed')
            [CompletionResult]::new('--remove-input', '--remove-input', [CompletionResultType]::ParameterName, 'Remove an input when its output is whole, synced, and (encrypt) read back and verified')
            [CompletionResult]::new('--encode', '--encode', [CompletionResultType]::ParameterName, 'Write base64, in one line')
            [CompletionResult]::new('--decode', '--decode', [CompletionResultType]::ParameterName, 'Read base64, with or without line breaks')
            [CompletionResult]::new('--unsigned', '--unsigned', [CompletionResultType]::ParameterName, 'Short for --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY: no signature, twice as fast')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;plan;decrypt' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Take the inputs that FILE names, one a line, or standard input with `-`')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, take only what matches (repeat)')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Of what directories and patterns hold, leave out what matches (repeat)')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'Of the inputs, take only those that failed by this metadata file')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'A file, a directory, or `-` for standard output')
            [CompletionResult]::new('--suffix', '--suffix', [CompletionResultType]::ParameterName, 'What names of encrypted files end with')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('--kms-key', '--kms-key', [CompletionResultType]::ParameterName, 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--wrapping-keys', '--wrapping-keys', [CompletionResultType]::ParameterName, 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'AWS profile')
            [CompletionResult]::new('--region', '--region', [CompletionResultType]::ParameterName, 'AWS Region of keys that name none')
            [CompletionResult]::new('--endpoint-url', '--endpoint-url', [CompletionResultType]::ParameterName, 'Address of KMS')
            [CompletionResult]::new('--caching', '--caching', [CompletionResultType]::ParameterName, 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]')
            [CompletionResult]::new('--kms-timeout', '--kms-timeout', [CompletionResultType]::ParameterName, 'Longest time for a KMS operation, or to open a message')
            [CompletionResult]::new('--kms-rate', '--kms-rate', [CompletionResultType]::ParameterName, 'Most KMS requests a second, fractions allowed [default: no limit]')
            [CompletionResult]::new('--kms-in-flight', '--kms-in-flight', [CompletionResultType]::ParameterName, 'Most KMS calls at the same time')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)')
            [CompletionResult]::new('--encryption-context-file', '--encryption-context-file', [CompletionResultType]::ParameterName, 'Read more pairs from a JSON object of strings')
            [CompletionResult]::new('--max-length', '--max-length', [CompletionResultType]::ParameterName, 'Greatest length accepted of a frame, or of a body that is not framed')
            [CompletionResult]::new('--commitment-policy', '--commitment-policy', [CompletionResultType]::ParameterName, 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt')
            [CompletionResult]::new('--max-encrypted-data-keys', '--max-encrypted-data-keys', [CompletionResultType]::ParameterName, 'Most encrypted data keys in a message, 0 for no limit')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Inputs at once [default: one for each core]')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show progress [default: auto, at a terminal]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Threads that seal and open [default: one for each core]')
            [CompletionResult]::new('--metadata-output', '--metadata-output', [CompletionResultType]::ParameterName, 'Append a line of JSON for each job to FILE, or print it with `-`')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('--iam-policy', '--iam-policy', [CompletionResultType]::ParameterName, 'Print the IAM policy that the calls need, and nothing else')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one line of JSON for each input, and a last one for all of them')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Take the files in directories')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'The names of --files-from end with a zero byte')
            [CompletionResult]::new('--follow-symlinks', '--follow-symlinks', [CompletionResultType]::ParameterName, 'Follow symbolic links in directories')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an output that exists, once the new one is whole')
            [CompletionResult]::new('--skip-existing', '--skip-existing', [CompletionResultType]::ParameterName, 'Pass over an input whose output exists')
            [CompletionResult]::new('--preserve', '--preserve', [CompletionResultType]::ParameterName, 'Keep the times of the input, and its owner when that is allowed')
            [CompletionResult]::new('--remove-input', '--remove-input', [CompletionResultType]::ParameterName, 'Remove an input when its output is whole, synced, and (encrypt) read back and verified')
            [CompletionResult]::new('--encode', '--encode', [CompletionResultType]::ParameterName, 'Write base64, in one line')
            [CompletionResult]::new('--decode', '--decode', [CompletionResultType]::ParameterName, 'Read base64, with or without line breaks')
            [CompletionResult]::new('--require-signature', '--require-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are not signed')
            [CompletionResult]::new('--forbid-signature', '--forbid-signature', [CompletionResultType]::ParameterName, 'Refuse messages that are signed')
            [CompletionResult]::new('--release-unverified', '--release-unverified', [CompletionResultType]::ParameterName, 'To a pipe or terminal: give out frames of a signed message before its signature has verified')
            [CompletionResult]::new('--verify-first', '--verify-first', [CompletionResultType]::ParameterName, 'To a pipe or terminal: give out nothing of an unsigned message either before all has verified')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'Begin nothing more after a failure')
            [CompletionResult]::new('--ordered', '--ordered', [CompletionResultType]::ParameterName, 'Records in the order of the inputs, not of completion')
            [CompletionResult]::new('--overwrite-metadata', '--overwrite-metadata', [CompletionResultType]::ParameterName, 'Begin the metadata file anew')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('--suppress-metadata', '--suppress-metadata', [CompletionResultType]::ParameterName, 'No metadata; the default')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error (repeat)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say errors only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;plan;help' {
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Show what decrypt would ask of KMS by the messages'' headers, and the IAM policy it needs')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'esdk;plan;help;encrypt' {
            break
        }
        'esdk;plan;help;decrypt' {
            break
        }
        'esdk;plan;help;help' {
            break
        }
        'esdk;keygen' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('aes', 'aes', [CompletionResultType]::ParameterValue, 'Make an AES key, written as base64 text with mode 0600')
            [CompletionResult]::new('rsa', 'rsa', [CompletionResultType]::ParameterValue, 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'esdk;keygen;aes' {
            [CompletionResult]::new('--bits', '--bits', [CompletionResultType]::ParameterName, 'Length of the key')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The file to write; it must not exist')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The file to write; it must not exist')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;keygen;rsa' {
            [CompletionResult]::new('--bits', '--bits', [CompletionResultType]::ParameterName, 'Length of the modulus')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'What the names of both files begin with; neither must exist')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'What the names of both files begin with; neither must exist')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;keygen;help' {
            [CompletionResult]::new('aes', 'aes', [CompletionResultType]::ParameterValue, 'Make an AES key, written as base64 text with mode 0600')
            [CompletionResult]::new('rsa', 'rsa', [CompletionResultType]::ParameterValue, 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'esdk;keygen;help;aes' {
            break
        }
        'esdk;keygen;help;rsa' {
            break
        }
        'esdk;keygen;help;help' {
            break
        }
        'esdk;clean' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Remove nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Remove nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;install-links' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Replace a file or a link that has the name')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace a file or a link that has the name')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'esdk;aws-encryption-cli' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colours [default: auto, at a terminal]')
            break
        }
        'esdk;help' {
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Encrypt files, trees or standard input')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Decrypt files, trees or standard input')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Decrypt and check everything, write nothing')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show a message''s header; needs no key')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Encrypt messages anew under other keys, in one pass, plaintext in memory only')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show the KMS calls that encrypt or decrypt would make, and the IAM policy they need')
            [CompletionResult]::new('keygen', 'keygen', [CompletionResultType]::ParameterValue, 'Make a wrapping key for the raw keyrings')
            [CompletionResult]::new('clean', 'clean', [CompletionResultType]::ParameterValue, 'Remove the unfinished files that killed runs have left')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('install-links', 'install-links', [CompletionResultType]::ParameterValue, 'Make links by whose names this is called as another program')
            [CompletionResult]::new('aws-encryption-cli', 'aws-encryption-cli', [CompletionResultType]::ParameterValue, 'Take the arguments of the Python aws-encryption-sdk-cli 4.3')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'esdk;help;encrypt' {
            break
        }
        'esdk;help;decrypt' {
            break
        }
        'esdk;help;verify' {
            break
        }
        'esdk;help;inspect' {
            break
        }
        'esdk;help;rotate' {
            break
        }
        'esdk;help;plan' {
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Show what decrypt would ask of KMS by the messages'' headers, and the IAM policy it needs')
            break
        }
        'esdk;help;plan;encrypt' {
            break
        }
        'esdk;help;plan;decrypt' {
            break
        }
        'esdk;help;keygen' {
            [CompletionResult]::new('aes', 'aes', [CompletionResultType]::ParameterValue, 'Make an AES key, written as base64 text with mode 0600')
            [CompletionResult]::new('rsa', 'rsa', [CompletionResultType]::ParameterValue, 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)')
            break
        }
        'esdk;help;keygen;aes' {
            break
        }
        'esdk;help;keygen;rsa' {
            break
        }
        'esdk;help;clean' {
            break
        }
        'esdk;help;completions' {
            break
        }
        'esdk;help;install-links' {
            break
        }
        'esdk;help;aws-encryption-cli' {
            break
        }
        'esdk;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
