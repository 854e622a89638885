
use builtin;
use str;

set edit:completion:arg-completer[esdk] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'esdk'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'esdk'= {
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand encrypt 'Encrypt files, trees or standard input'
            cand decrypt 'Decrypt files, trees or standard input'
            cand verify 'Decrypt and check everything, write nothing'
            cand inspect 'Show a message''s header; needs no key'
            cand rotate 'Encrypt messages anew under other keys, in one pass, plaintext in memory only'
            cand keygen 'Make a wrapping key for the raw keyrings'
            cand clean 'Remove the unfinished files that killed runs have left'
            cand completions 'Print the completion script of a shell'
            cand install-links 'Make links by whose names this is called as another program'
            cand aws-encryption-cli 'Take the arguments of the Python aws-encryption-sdk-cli 4.3'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'esdk;encrypt'= {
            cand --files-from 'Take the inputs that FILE names, one a line, or standard input with `-`'
            cand --include 'Of what directories and patterns hold, take only what matches (repeat)'
            cand --exclude 'Of what directories and patterns hold, leave out what matches (repeat)'
            cand --retry-failed 'Of the inputs, take only those that failed by this metadata file'
            cand -o 'A file, a directory, or `-` for standard output'
            cand --output 'A file, a directory, or `-` for standard output'
            cand --suffix 'What names of encrypted files end with'
            cand -k 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)'
            cand --kms-key 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)'
            cand -w 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --wrapping-keys 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --profile 'AWS profile'
            cand --region 'AWS Region of keys that name none'
            cand --endpoint-url 'Address of KMS'
            cand --caching 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]'
            cand --kms-timeout 'Longest time for one KMS operation with its retries'
            cand --kms-rate 'Most KMS requests a second, fractions allowed [default: no limit]'
            cand --kms-in-flight 'Most KMS calls at the same time'
            cand -c 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)'
            cand --encryption-context 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)'
            cand --encryption-context-file 'Read more pairs from a JSON object of strings'
            cand --unstored-context 'Bind KEY=VALUE without storing it: whoever decrypts must give it with -c (repeat)'
            cand --algorithm 'Algorithm suite, by name or 0xID [default: 0x0578, signed]'
            cand --frame-length 'Plaintext bytes in a frame'
            cand --fits 'Write nothing unless the output, with --encode its base64, has at most BYTES (EC2 user data: 16384)'
            cand --commitment-policy 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt'
            cand --max-encrypted-data-keys 'Most encrypted data keys in a message, 0 for no limit'
            cand -j 'Inputs at once [default: one for each core]'
            cand --jobs 'Inputs at once [default: one for each core]'
            cand --progress 'Show progress [default: auto, at a terminal]'
            cand --threads 'Threads that seal and open [default: one for each core]'
            cand --metadata-output 'Append a line of JSON for each job to FILE, or print it with `-`'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -r 'Take the files in directories'
            cand --recursive 'Take the files in directories'
            cand -0 'The names of --files-from end with a zero byte'
            cand --null 'The names of --files-from end with a zero byte'
            cand --follow-symlinks 'Follow symbolic links in directories'
            cand -f 'Replace an output that exists, once the new one is whole'
            cand --force 'Replace an output that exists, once the new one is whole'
            cand --skip-existing 'Pass over an input whose output exists'
            cand --preserve 'Keep the times of the input, and its owner when that is allowed'
            cand --remove-input 'Remove an input when its output is whole, synced, and (encrypt) read back and verified'
            cand --encode 'Write base64, in one line'
            cand --decode 'Read base64, with or without line breaks'
            cand --unsigned 'Short for --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY: no signature, twice as fast'
            cand --fail-fast 'Begin nothing more after a failure'
            cand --ordered 'Records in the order of the inputs, not of completion'
            cand --overwrite-metadata 'Begin the metadata file anew'
            cand -S 'No metadata; the default'
            cand --suppress-metadata 'No metadata; the default'
            cand -v 'Say more on standard error (repeat)'
            cand --verbose 'Say more on standard error (repeat)'
            cand -q 'Say errors only'
            cand --quiet 'Say errors only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;decrypt'= {
            cand --files-from 'Take the inputs that FILE names, one a line, or standard input with `-`'
            cand --include 'Of what directories and patterns hold, take only what matches (repeat)'
            cand --exclude 'Of what directories and patterns hold, leave out what matches (repeat)'
            cand --retry-failed 'Of the inputs, take only those that failed by this metadata file'
            cand -o 'A file, a directory, or `-` for standard output'
            cand --output 'A file, a directory, or `-` for standard output'
            cand --suffix 'What names of encrypted files end with'
            cand -k 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)'
            cand --kms-key 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)'
            cand -w 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --wrapping-keys 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --profile 'AWS profile'
            cand --region 'AWS Region of keys that name none'
            cand --endpoint-url 'Address of KMS'
            cand --caching 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]'
            cand --kms-timeout 'Longest time for one KMS operation with its retries'
            cand --kms-rate 'Most KMS requests a second, fractions allowed [default: no limit]'
            cand --kms-in-flight 'Most KMS calls at the same time'
            cand -c 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)'
            cand --encryption-context 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)'
            cand --encryption-context-file 'Read more pairs from a JSON object of strings'
            cand --max-length 'Greatest length accepted of a frame, or of a body that is not framed'
            cand --commitment-policy 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt'
            cand --max-encrypted-data-keys 'Most encrypted data keys in a message, 0 for no limit'
            cand -j 'Inputs at once [default: one for each core]'
            cand --jobs 'Inputs at once [default: one for each core]'
            cand --progress 'Show progress [default: auto, at a terminal]'
            cand --threads 'Threads that seal and open [default: one for each core]'
            cand --metadata-output 'Append a line of JSON for each job to FILE, or print it with `-`'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -r 'Take the files in directories'
            cand --recursive 'Take the files in directories'
            cand -0 'The names of --files-from end with a zero byte'
            cand --null 'The names of --files-from end with a zero byte'
            cand --follow-symlinks 'Follow symbolic links in directories'
            cand -f 'Replace an output that exists, once the new one is whole'
            cand --force 'Replace an output that exists, once the new one is whole'
            cand --skip-existing 'Pass over an input whose output exists'
            cand --preserve 'Keep the times of the input, and its owner when that is allowed'
            cand --remove-input 'Remove an input when its output is whole, synced, and (encrypt) read back and verified'
            cand --encode 'Write base64, in one line'
            cand --decode 'Read base64, with or without line breaks'
            cand --require-signature 'Refuse messages that are not signed'
            cand --forbid-signature 'Refuse messages that are signed'
            cand --release-unverified 'To a pipe or terminal: give out frames of a signed message before its signature has verified'
            cand --verify-first 'To a pipe or terminal: give out nothing of an unsigned message either before all has verified'
            cand --fail-fast 'Begin nothing more after a failure'
            cand --ordered 'Records in the order of the inputs, not of completion'
            cand --overwrite-metadata 'Begin the metadata file anew'
            cand -S 'No metadata; the default'
            cand --suppress-metadata 'No metadata; the default'
            cand -v 'Say more on standard error (repeat)'
            cand --verbose 'Say more on standard error (repeat)'
            cand -q 'Say errors only'
            cand --quiet 'Say errors only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;verify'= {
            cand --files-from 'Take the inputs that FILE names, one a line, or standard input with `-`'
            cand --include 'Of what directories and patterns hold, take only what matches (repeat)'
            cand --exclude 'Of what directories and patterns hold, leave out what matches (repeat)'
            cand --retry-failed 'Of the inputs, take only those that failed by this metadata file'
            cand --suffix 'Of directories, take the files whose names end with TEXT'
            cand -k 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)'
            cand --kms-key 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)'
            cand -w 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --wrapping-keys 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --profile 'AWS profile'
            cand --region 'AWS Region of keys that name none'
            cand --endpoint-url 'Address of KMS'
            cand --caching 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]'
            cand --kms-timeout 'Longest time for one KMS operation with its retries'
            cand --kms-rate 'Most KMS requests a second, fractions allowed [default: no limit]'
            cand --kms-in-flight 'Most KMS calls at the same time'
            cand -c 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)'
            cand --encryption-context 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)'
            cand --encryption-context-file 'Read more pairs from a JSON object of strings'
            cand --max-length 'Greatest length accepted of a frame, or of a body that is not framed'
            cand --commitment-policy 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt'
            cand --max-encrypted-data-keys 'Most encrypted data keys in a message, 0 for no limit'
            cand -j 'Inputs at once [default: one for each core]'
            cand --jobs 'Inputs at once [default: one for each core]'
            cand --progress 'Show progress [default: auto, at a terminal]'
            cand --threads 'Threads that seal and open [default: one for each core]'
            cand --metadata-output 'Append a line of JSON for each job to FILE, or print it with `-`'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -r 'Take the files in directories'
            cand --recursive 'Take the files in directories'
            cand -0 'The names of --files-from end with a zero byte'
            cand --null 'The names of --files-from end with a zero byte'
            cand --follow-symlinks 'Follow symbolic links in directories'
            cand --decode 'The input is base64'
            cand --json 'One line of JSON for each message on standard output'
            cand --require-signature 'Refuse messages that are not signed'
            cand --forbid-signature 'Refuse messages that are signed'
            cand --fail-fast 'Begin nothing more after a failure'
            cand --ordered 'Records in the order of the inputs, not of completion'
            cand --overwrite-metadata 'Begin the metadata file anew'
            cand -S 'No metadata; the default'
            cand --suppress-metadata 'No metadata; the default'
            cand -v 'Say more on standard error (repeat)'
            cand --verbose 'Say more on standard error (repeat)'
            cand -q 'Say errors only'
            cand --quiet 'Say errors only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;inspect'= {
            cand --files-from 'Take the inputs that FILE names, one a line, or standard input with `-`'
            cand --include 'Of what directories and patterns hold, take only what matches (repeat)'
            cand --exclude 'Of what directories and patterns hold, leave out what matches (repeat)'
            cand --retry-failed 'Of the inputs, take only those that failed by this metadata file'
            cand --suffix 'Of directories, take the files whose names end with TEXT'
            cand -j 'Inputs at once [default: one for each core]'
            cand --jobs 'Inputs at once [default: one for each core]'
            cand --progress 'Show progress [default: auto, at a terminal]'
            cand --metadata-output 'Append a line of JSON for each job to FILE, or print it with `-`'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -r 'Take the files in directories'
            cand --recursive 'Take the files in directories'
            cand -0 'The names of --files-from end with a zero byte'
            cand --null 'The names of --files-from end with a zero byte'
            cand --follow-symlinks 'Follow symbolic links in directories'
            cand --json 'One line of JSON for each message'
            cand --fail-fast 'Begin nothing more after a failure'
            cand --ordered 'Records in the order of the inputs, not of completion'
            cand --overwrite-metadata 'Begin the metadata file anew'
            cand -S 'No metadata; the default'
            cand --suppress-metadata 'No metadata; the default'
            cand -v 'Say more on standard error (repeat)'
            cand --verbose 'Say more on standard error (repeat)'
            cand -q 'Say errors only'
            cand --quiet 'Say errors only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;rotate'= {
            cand --files-from 'Take the inputs that FILE names, one a line, or standard input with `-`'
            cand --include 'Of what directories and patterns hold, take only what matches (repeat)'
            cand --exclude 'Of what directories and patterns hold, leave out what matches (repeat)'
            cand --retry-failed 'Of the inputs, take only those that failed by this metadata file'
            cand -w 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --wrapping-keys 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)'
            cand --profile 'AWS profile'
            cand --region 'AWS Region of keys that name none'
            cand --endpoint-url 'Address of KMS'
            cand --kms-timeout 'Longest time for one KMS operation with its retries'
            cand --kms-rate 'Most KMS requests a second, fractions allowed [default: no limit]'
            cand --kms-in-flight 'Most KMS calls at the same time'
            cand -c 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)'
            cand --encryption-context 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)'
            cand --encryption-context-file 'Read more pairs from a JSON object of strings'
            cand --max-length 'Greatest length accepted of a frame, or of a body that is not framed'
            cand --commitment-policy 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt'
            cand --max-encrypted-data-keys 'Most encrypted data keys in a message, 0 for no limit'
            cand --to-kms-key 'AWS KMS key: ARN, key id, alias name or alias ARN (repeat)'
            cand --to-wrapping-keys 'Wrapping keys of the new message, as with -w (repeat)'
            cand --set-context 'Store this pair, in place of one with this key (repeat)'
            cand --unset-context 'Store this key no more; a message without it is refused (repeat)'
            cand --algorithm 'Algorithm suite, by name or 0xID [default: that of the old message]'
            cand --frame-length 'Plaintext bytes in a frame [default: those of the old message]'
            cand -j 'Inputs at once [default: one for each core]'
            cand --jobs 'Inputs at once [default: one for each core]'
            cand --progress 'Show progress [default: auto, at a terminal]'
            cand --metadata-output 'Append a line of JSON for each job to FILE, or print it with `-`'
            cand --suffix 'What names of messages in directories end with; empty: any'
            cand --caching 'Reuse data keys of old messages: capacity=N,max-age=SECONDS'
            cand -k 'AWS KMS key that opens the old message: its ARN (repeat)'
            cand --kms-key 'AWS KMS key that opens the old message: its ARN (repeat)'
            cand -o 'A file, a directory, or `-` [default: the input itself]'
            cand --output 'A file, a directory, or `-` [default: the input itself]'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -r 'Take the files in directories'
            cand --recursive 'Take the files in directories'
            cand -0 'The names of --files-from end with a zero byte'
            cand --null 'The names of --files-from end with a zero byte'
            cand --follow-symlinks 'Follow symbolic links in directories'
            cand -f 'Replace an output that exists, once the new one is whole'
            cand --force 'Replace an output that exists, once the new one is whole'
            cand --skip-existing 'Pass over an input whose output exists'
            cand --preserve 'Keep the times of the input, and its owner when that is allowed'
            cand --encode 'Write base64, in one line'
            cand --decode 'Read base64, with or without line breaks'
            cand --if-needed 'Leave alone what is as it would become, under exactly these keys'
            cand --require-signature 'Refuse messages that are not signed'
            cand --forbid-signature 'Refuse messages that are signed'
            cand --unsigned 'Short for --algorithm 0x0478: no signature'
            cand --fail-fast 'Begin nothing more after a failure'
            cand --ordered 'Records in the order of the inputs, not of completion'
            cand --overwrite-metadata 'Begin the metadata file anew'
            cand -S 'No metadata; the default'
            cand --suppress-metadata 'No metadata; the default'
            cand -v 'Say more on standard error (repeat)'
            cand --verbose 'Say more on standard error (repeat)'
            cand -q 'Say errors only'
            cand --quiet 'Say errors only'
            cand --remove-input 'Remove an input when its output is whole, read back and synced; with -o only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;keygen'= {
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -h 'Print help'
            cand --help 'Print help'
            cand aes 'Make an AES key, written as base64 text with mode 0600'
            cand rsa 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'esdk;keygen;aes'= {
            cand --bits 'Length of the key'
            cand -o 'The file to write; it must not exist'
            cand --output 'The file to write; it must not exist'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;keygen;rsa'= {
            cand --bits 'Length of the modulus'
            cand -o 'What the names of both files begin with; neither must exist'
            cand --output 'What the names of both files begin with; neither must exist'
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;keygen;help'= {
            cand aes 'Make an AES key, written as base64 text with mode 0600'
            cand rsa 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'esdk;keygen;help;aes'= {
        }
        &'esdk;keygen;help;rsa'= {
        }
        &'esdk;keygen;help;help'= {
        }
        &'esdk;clean'= {
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -n 'Remove nothing'
            cand --dry-run 'Remove nothing'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;completions'= {
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;install-links'= {
            cand --color 'Use colours [default: auto, at a terminal]'
            cand -f 'Replace a file or a link that has the name'
            cand --force 'Replace a file or a link that has the name'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'esdk;aws-encryption-cli'= {
            cand --color 'Use colours [default: auto, at a terminal]'
        }
        &'esdk;help'= {
            cand encrypt 'Encrypt files, trees or standard input'
            cand decrypt 'Decrypt files, trees or standard input'
            cand verify 'Decrypt and check everything, write nothing'
            cand inspect 'Show a message''s header; needs no key'
            cand rotate 'Encrypt messages anew under other keys, in one pass, plaintext in memory only'
            cand keygen 'Make a wrapping key for the raw keyrings'
            cand clean 'Remove the unfinished files that killed runs have left'
            cand completions 'Print the completion script of a shell'
            cand install-links 'Make links by whose names this is called as another program'
            cand aws-encryption-cli 'Take the arguments of the Python aws-encryption-sdk-cli 4.3'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'esdk;help;encrypt'= {
        }
        &'esdk;help;decrypt'= {
        }
        &'esdk;help;verify'= {
        }
        &'esdk;help;inspect'= {
        }
        &'esdk;help;rotate'= {
        }
        &'esdk;help;keygen'= {
            cand aes 'Make an AES key, written as base64 text with mode 0600'
            cand rsa 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)'
        }
        &'esdk;help;keygen;aes'= {
        }
        &'esdk;help;keygen;rsa'= {
        }
        &'esdk;help;clean'= {
        }
        &'esdk;help;completions'= {
        }
        &'esdk;help;install-links'= {
        }
        &'esdk;help;aws-encryption-cli'= {
        }
        &'esdk;help;help'= {
        }
    ]
    $completions[$command]
}
