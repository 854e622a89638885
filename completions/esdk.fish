# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_esdk_global_optspecs
    string join \n color= h/help V/version
end

function __fish_esdk_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_esdk_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_esdk_using_subcommand
    set -l cmd (__fish_esdk_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c esdk -n "__fish_esdk_needs_command" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_needs_command" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_needs_command" -s V -l version -d 'Print version'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "encrypt" -d 'Encrypt files, trees or standard input'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "decrypt" -d 'Decrypt files, trees or standard input'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "verify" -d 'Decrypt and check everything, write nothing'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "inspect" -d 'Show a message\'s header; needs no key'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "rotate" -d 'Encrypt messages anew under other keys, in one pass, plaintext in memory only'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "plan" -d 'Show the KMS calls that encrypt or decrypt would make, and the IAM policy they need'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "keygen" -d 'Make a wrapping key for the raw keyrings'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "clean" -d 'Remove the unfinished files that killed runs have left'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "install-links" -d 'Make links by whose names this is called as another program'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "aws-encryption-cli" -d 'Take the arguments of the Python aws-encryption-sdk-cli 4.3'
complete -c esdk -n "__fish_esdk_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s o -l output -d 'A file, a directory, or `-` for standard output' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l suffix -d 'What names of encrypted files end with' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s k -l kms-key -d 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s w -l wrapping-keys -d 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l profile -d 'AWS profile' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l region -d 'AWS Region of keys that name none' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l endpoint-url -d 'Address of KMS' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l caching -d 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l kms-timeout -d 'Longest time for a KMS operation, or to open a message' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l kms-rate -d 'Most KMS requests a second, fractions allowed [default: no limit]' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l kms-in-flight -d 'Most KMS calls at the same time' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s c -l encryption-context -d 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l encryption-context-file -d 'Read more pairs from a JSON object of strings' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l unstored-context -d 'Bind KEY=VALUE without storing it: whoever decrypts must give it with -c (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l algorithm -d 'Algorithm suite, by name or 0xID [default: 0x0578, signed]' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l frame-length -d 'Plaintext bytes in a frame' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l fits -d 'Write nothing unless the output, with --encode its base64, has at most BYTES (EC2 user data: 16384)' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l commitment-policy -d 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt' -r -f -a "require-encrypt-require-decrypt\t''
require-encrypt-allow-decrypt\t''
forbid-encrypt-allow-decrypt\t''"
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l max-encrypted-data-keys -d 'Most encrypted data keys in a message, 0 for no limit' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l threads -d 'Threads that seal and open [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s f -l force -d 'Replace an output that exists, once the new one is whole'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l skip-existing -d 'Pass over an input whose output exists'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l preserve -d 'Keep the times of the input, and its owner when that is allowed'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l remove-input -d 'Remove an input when its output is whole, synced, and (encrypt) read back and verified'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l encode -d 'Write base64, in one line'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l decode -d 'Read base64, with or without line breaks'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l unsigned -d 'Short for --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY: no signature, twice as fast'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand encrypt" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s o -l output -d 'A file, a directory, or `-` for standard output' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l suffix -d 'What names of encrypted files end with' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s k -l kms-key -d 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s w -l wrapping-keys -d 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l profile -d 'AWS profile' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l region -d 'AWS Region of keys that name none' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l endpoint-url -d 'Address of KMS' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l caching -d 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l kms-timeout -d 'Longest time for a KMS operation, or to open a message' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l kms-rate -d 'Most KMS requests a second, fractions allowed [default: no limit]' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l kms-in-flight -d 'Most KMS calls at the same time' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s c -l encryption-context -d 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l encryption-context-file -d 'Read more pairs from a JSON object of strings' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l max-length -d 'Greatest length accepted of a frame, or of a body that is not framed' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l commitment-policy -d 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt' -r -f -a "require-encrypt-require-decrypt\t''
require-encrypt-allow-decrypt\t''
forbid-encrypt-allow-decrypt\t''"
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l max-encrypted-data-keys -d 'Most encrypted data keys in a message, 0 for no limit' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l threads -d 'Threads that seal and open [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s f -l force -d 'Replace an output that exists, once the new one is whole'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l skip-existing -d 'Pass over an input whose output exists'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l preserve -d 'Keep the times of the input, and its owner when that is allowed'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l remove-input -d 'Remove an input when its output is whole, synced, and (encrypt) read back and verified'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l encode -d 'Write base64, in one line'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l decode -d 'Read base64, with or without line breaks'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l require-signature -d 'Refuse messages that are not signed'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l forbid-signature -d 'Refuse messages that are signed'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l release-unverified -d 'To a pipe or terminal: give out frames of a signed message before its signature has verified'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l verify-first -d 'To a pipe or terminal: give out nothing of an unsigned message either before all has verified'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand decrypt" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l suffix -d 'Of directories, take the files whose names end with TEXT' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s k -l kms-key -d 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s w -l wrapping-keys -d 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l profile -d 'AWS profile' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l region -d 'AWS Region of keys that name none' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l endpoint-url -d 'Address of KMS' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l caching -d 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l kms-timeout -d 'Longest time for a KMS operation, or to open a message' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l kms-rate -d 'Most KMS requests a second, fractions allowed [default: no limit]' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l kms-in-flight -d 'Most KMS calls at the same time' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s c -l encryption-context -d 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l encryption-context-file -d 'Read more pairs from a JSON object of strings' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l max-length -d 'Greatest length accepted of a frame, or of a body that is not framed' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l commitment-policy -d 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt' -r -f -a "require-encrypt-require-decrypt\t''
require-encrypt-allow-decrypt\t''
forbid-encrypt-allow-decrypt\t''"
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l max-encrypted-data-keys -d 'Most encrypted data keys in a message, 0 for no limit' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l threads -d 'Threads that seal and open [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l decode -d 'The input is base64'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l json -d 'One line of JSON for each message on standard output'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l require-signature -d 'Refuse messages that are not signed'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l forbid-signature -d 'Refuse messages that are signed'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand verify" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l suffix -d 'Of directories, take the files whose names end with TEXT' -r
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l json -d 'One line of JSON for each message'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s w -l wrapping-keys -d 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l profile -d 'AWS profile' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l region -d 'AWS Region of keys that name none' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l endpoint-url -d 'Address of KMS' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l kms-timeout -d 'Longest time for a KMS operation, or to open a message' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l kms-rate -d 'Most KMS requests a second, fractions allowed [default: no limit]' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l kms-in-flight -d 'Most KMS calls at the same time' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s c -l encryption-context -d 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l encryption-context-file -d 'Read more pairs from a JSON object of strings' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l max-length -d 'Greatest length accepted of a frame, or of a body that is not framed' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l commitment-policy -d 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt' -r -f -a "require-encrypt-require-decrypt\t''
require-encrypt-allow-decrypt\t''
forbid-encrypt-allow-decrypt\t''"
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l max-encrypted-data-keys -d 'Most encrypted data keys in a message, 0 for no limit' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l to-kms-key -d 'AWS KMS key: ARN, key id, alias name or alias ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l to-wrapping-keys -d 'Wrapping keys of the new message, as with -w (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l set-context -d 'Store this pair, in place of one with this key (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l unset-context -d 'Store this key no more; a message without it is refused (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l algorithm -d 'Algorithm suite, by name or 0xID [default: that of the old message]' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l frame-length -d 'Plaintext bytes in a frame [default: those of the old message]' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l suffix -d 'What names of messages in directories end with; empty: any' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l caching -d 'Reuse data keys of old messages: capacity=N,max-age=SECONDS' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s k -l kms-key -d 'AWS KMS key that opens the old message: its ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s o -l output -d 'A file, a directory, or `-` [default: the input itself]' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s f -l force -d 'Replace an output that exists, once the new one is whole'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l skip-existing -d 'Pass over an input whose output exists'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l preserve -d 'Keep the times of the input, and its owner when that is allowed'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l encode -d 'Write base64, in one line'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l decode -d 'Read base64, with or without line breaks'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l if-needed -d 'Leave alone what is as it would become, under exactly these keys'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l require-signature -d 'Refuse messages that are not signed'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l forbid-signature -d 'Refuse messages that are signed'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l unsigned -d 'Short for --algorithm 0x0478: no signature'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -l remove-input -d 'Remove an input when its output is whole, read back and synced; with -o only'
complete -c esdk -n "__fish_esdk_using_subcommand rotate" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and not __fish_seen_subcommand_from encrypt decrypt help" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and not __fish_seen_subcommand_from encrypt decrypt help" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and not __fish_seen_subcommand_from encrypt decrypt help" -f -a "encrypt" -d 'Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and not __fish_seen_subcommand_from encrypt decrypt help" -f -a "decrypt" -d 'Show what decrypt would ask of KMS by the messages\' headers, and the IAM policy it needs'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and not __fish_seen_subcommand_from encrypt decrypt help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s o -l output -d 'A file, a directory, or `-` for standard output' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l suffix -d 'What names of encrypted files end with' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s k -l kms-key -d 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s w -l wrapping-keys -d 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l profile -d 'AWS profile' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l region -d 'AWS Region of keys that name none' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l endpoint-url -d 'Address of KMS' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l caching -d 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l kms-timeout -d 'Longest time for a KMS operation, or to open a message' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l kms-rate -d 'Most KMS requests a second, fractions allowed [default: no limit]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l kms-in-flight -d 'Most KMS calls at the same time' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s c -l encryption-context -d 'Bind KEY=VALUE to the message: stored with it in the clear, authenticated (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l encryption-context-file -d 'Read more pairs from a JSON object of strings' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l unstored-context -d 'Bind KEY=VALUE without storing it: whoever decrypts must give it with -c (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l algorithm -d 'Algorithm suite, by name or 0xID [default: 0x0578, signed]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l frame-length -d 'Plaintext bytes in a frame' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l fits -d 'Write nothing unless the output, with --encode its base64, has at most BYTES (EC2 user data: 16384)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l commitment-policy -d 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt' -r -f -a "require-encrypt-require-decrypt\t''
require-encrypt-allow-decrypt\t''
forbid-encrypt-allow-decrypt\t''"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l max-encrypted-data-keys -d 'Most encrypted data keys in a message, 0 for no limit' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l threads -d 'Threads that seal and open [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l iam-policy -d 'Print the IAM policy that the calls need, and nothing else'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l json -d 'Print one line of JSON for each input, and a last one for all of them'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s f -l force -d 'Replace an output that exists, once the new one is whole'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l skip-existing -d 'Pass over an input whose output exists'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l preserve -d 'Keep the times of the input, and its owner when that is allowed'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l remove-input -d 'Remove an input when its output is whole, synced, and (encrypt) read back and verified'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l encode -d 'Write base64, in one line'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l decode -d 'Read base64, with or without line breaks'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l unsigned -d 'Short for --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY: no signature, twice as fast'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from encrypt" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l files-from -d 'Take the inputs that FILE names, one a line, or standard input with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l include -d 'Of what directories and patterns hold, take only what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l exclude -d 'Of what directories and patterns hold, leave out what matches (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l retry-failed -d 'Of the inputs, take only those that failed by this metadata file' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s o -l output -d 'A file, a directory, or `-` for standard output' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l suffix -d 'What names of encrypted files end with' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s k -l kms-key -d 'AWS KMS key: ARN, or to encrypt also key id, alias name, alias ARN (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s w -l wrapping-keys -d 'Wrapping keys as name=value,…: provider=aws-kms|aws-kms-rsa|raw-aes|raw-rsa|local (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l profile -d 'AWS profile' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l region -d 'AWS Region of keys that name none' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l endpoint-url -d 'Address of KMS' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l caching -d 'Reuse data keys: capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l kms-timeout -d 'Longest time for a KMS operation, or to open a message' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l kms-rate -d 'Most KMS requests a second, fractions allowed [default: no limit]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l kms-in-flight -d 'Most KMS calls at the same time' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s c -l encryption-context -d 'Refuse the message unless it was encrypted with this pair, or has this key (repeat)' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l encryption-context-file -d 'Read more pairs from a JSON object of strings' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l max-length -d 'Greatest length accepted of a frame, or of a body that is not framed' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l commitment-policy -d 'Which suites may be used: [require|forbid]-encrypt-[require|allow]-decrypt' -r -f -a "require-encrypt-require-decrypt\t''
require-encrypt-allow-decrypt\t''
forbid-encrypt-allow-decrypt\t''"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l max-encrypted-data-keys -d 'Most encrypted data keys in a message, 0 for no limit' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s j -l jobs -d 'Inputs at once [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l progress -d 'Show progress [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l threads -d 'Threads that seal and open [default: one for each core]' -r
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l metadata-output -d 'Append a line of JSON for each job to FILE, or print it with `-`' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l iam-policy -d 'Print the IAM policy that the calls need, and nothing else'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l json -d 'Print one line of JSON for each input, and a last one for all of them'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s r -l recursive -d 'Take the files in directories'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s 0 -l null -d 'The names of --files-from end with a zero byte'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l follow-symlinks -d 'Follow symbolic links in directories'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s f -l force -d 'Replace an output that exists, once the new one is whole'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l skip-existing -d 'Pass over an input whose output exists'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l preserve -d 'Keep the times of the input, and its owner when that is allowed'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l remove-input -d 'Remove an input when its output is whole, synced, and (encrypt) read back and verified'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l encode -d 'Write base64, in one line'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l decode -d 'Read base64, with or without line breaks'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l require-signature -d 'Refuse messages that are not signed'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l forbid-signature -d 'Refuse messages that are signed'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l release-unverified -d 'To a pipe or terminal: give out frames of a signed message before its signature has verified'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l verify-first -d 'To a pipe or terminal: give out nothing of an unsigned message either before all has verified'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l fail-fast -d 'Begin nothing more after a failure'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l ordered -d 'Records in the order of the inputs, not of completion'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -l overwrite-metadata -d 'Begin the metadata file anew'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s S -l suppress-metadata -d 'No metadata; the default'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s v -l verbose -d 'Say more on standard error (repeat)'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s q -l quiet -d 'Say errors only'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from decrypt" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from help" -f -a "encrypt" -d 'Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from help" -f -a "decrypt" -d 'Show what decrypt would ask of KMS by the messages\' headers, and the IAM policy it needs'
complete -c esdk -n "__fish_esdk_using_subcommand plan; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and not __fish_seen_subcommand_from aes rsa help" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and not __fish_seen_subcommand_from aes rsa help" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and not __fish_seen_subcommand_from aes rsa help" -f -a "aes" -d 'Make an AES key, written as base64 text with mode 0600'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and not __fish_seen_subcommand_from aes rsa help" -f -a "rsa" -d 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and not __fish_seen_subcommand_from aes rsa help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from aes" -l bits -d 'Length of the key' -r -f -a "128\t''
192\t''
256\t''"
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from aes" -s o -l output -d 'The file to write; it must not exist' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from aes" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from aes" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from rsa" -l bits -d 'Length of the modulus' -r -f -a "2048\t''
3072\t''
4096\t''"
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from rsa" -s o -l output -d 'What the names of both files begin with; neither must exist' -r -F
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from rsa" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from rsa" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from help" -f -a "aes" -d 'Make an AES key, written as base64 text with mode 0600'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from help" -f -a "rsa" -d 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)'
complete -c esdk -n "__fish_esdk_using_subcommand keygen; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c esdk -n "__fish_esdk_using_subcommand clean" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand clean" -s n -l dry-run -d 'Remove nothing'
complete -c esdk -n "__fish_esdk_using_subcommand clean" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand completions" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand completions" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand install-links" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand install-links" -s f -l force -d 'Replace a file or a link that has the name'
complete -c esdk -n "__fish_esdk_using_subcommand install-links" -s h -l help -d 'Print help'
complete -c esdk -n "__fish_esdk_using_subcommand aws-encryption-cli" -l color -d 'Use colours [default: auto, at a terminal]' -r -f -a "auto\t'At a terminal'
always\t'Always'
never\t'Never'"
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "encrypt" -d 'Encrypt files, trees or standard input'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "decrypt" -d 'Decrypt files, trees or standard input'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "verify" -d 'Decrypt and check everything, write nothing'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "inspect" -d 'Show a message\'s header; needs no key'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "rotate" -d 'Encrypt messages anew under other keys, in one pass, plaintext in memory only'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "plan" -d 'Show the KMS calls that encrypt or decrypt would make, and the IAM policy they need'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "keygen" -d 'Make a wrapping key for the raw keyrings'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "clean" -d 'Remove the unfinished files that killed runs have left'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "install-links" -d 'Make links by whose names this is called as another program'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "aws-encryption-cli" -d 'Take the arguments of the Python aws-encryption-sdk-cli 4.3'
complete -c esdk -n "__fish_esdk_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt verify inspect rotate plan keygen clean completions install-links aws-encryption-cli help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c esdk -n "__fish_esdk_using_subcommand help; and __fish_seen_subcommand_from plan" -f -a "encrypt" -d 'Show what encrypt would ask of KMS with these arguments, and the IAM policy it needs'
complete -c esdk -n "__fish_esdk_using_subcommand help; and __fish_seen_subcommand_from plan" -f -a "decrypt" -d 'Show what decrypt would ask of KMS by the messages\' headers, and the IAM policy it needs'
complete -c esdk -n "__fish_esdk_using_subcommand help; and __fish_seen_subcommand_from keygen" -f -a "aes" -d 'Make an AES key, written as base64 text with mode 0600'
complete -c esdk -n "__fish_esdk_using_subcommand help; and __fish_seen_subcommand_from keygen" -f -a "rsa" -d 'Make an RSA key pair: PREFIX.private.pem (PKCS#8, mode 0600) and PREFIX.public.pem (SPKI)'
