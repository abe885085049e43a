# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_rulec_global_optspecs
    string join \n color= h/help V/version
end

function __fish_rulec_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_rulec_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_rulec_using_subcommand
    set -l cmd (__fish_rulec_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c rulec -n "__fish_rulec_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_needs_command" -s V -l version -d 'Print version'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "convert" -d 'Say rules in the words of one or more targets'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "check" -d 'Report what is wrong with rules'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "test" -d 'Run the rules\' own examples'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "match" -d 'Ask rules about events: NDJSON in, one line per match out'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "build" -d 'Build rules into a crate that matches events'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "diff" -d 'Compare two states of rules: what they match, say and become'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "import" -d 'Make rules of queries in other languages'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "explain" -d 'Explain a kind of finding, or what a rule means'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "targets" -d 'List targets, their profiles, formats and ops'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "pipeline" -d 'Check processing pipelines, or show what they do to rules'
complete -c rulec -n "__fish_rulec_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rulec -n "__fish_rulec_using_subcommand convert" -s t -l target -d 'Where to: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says' -r
complete -c rulec -n "__fish_rulec_using_subcommand convert" -s o -l output -d 'Write one file per rule and target into this folder' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand convert" -l templates -d 'A folder of further targets, one folder each' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand convert" -s p -l pipeline -d 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order' -r
complete -c rulec -n "__fish_rulec_using_subcommand convert" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand convert" -l jsonl -d 'Print one JSON object per rule and target'
complete -c rulec -n "__fish_rulec_using_subcommand convert" -l strict -d 'Refuse output that is not exact'
complete -c rulec -n "__fish_rulec_using_subcommand convert" -l verify -d 'Read each output back and prove that it says what the rule asks'
complete -c rulec -n "__fish_rulec_using_subcommand convert" -l pipeline-external -d 'Let pipelines run commands, ask servers and read any file'
complete -c rulec -n "__fish_rulec_using_subcommand convert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l format -d 'How findings are shown' -r -f -a "human\t'With the lines they are about'
concise\t'One line each'
json\t'One JSON array'
github\t'Annotations of GitHub Actions'
sarif\t'One SARIF 2.1.0 log'
junit\t'JUnit\'s XML: a suite a file'"
complete -c rulec -n "__fish_rulec_using_subcommand check" -l fail-level -d 'The least severity that ends with exit code 1' -r -f -a "info\t'Any finding'
warning\t'Warnings and errors'
error\t'Errors only'
never\t'None: only unusable input does'"
complete -c rulec -n "__fish_rulec_using_subcommand check" -s t -l target -d 'Also say what TARGET[/PROFILE] can\'t express or expects more of; repeat for several' -r
complete -c rulec -n "__fish_rulec_using_subcommand check" -s p -l pipeline -d 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order' -r
complete -c rulec -n "__fish_rulec_using_subcommand check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand check" -l fix -d 'Mend what can be mended without changing what a rule means'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l unsafe-fixes -d 'With `--fix`, also mend what may change what a rule means'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l diff -d 'Show what `--fix` would change, and change nothing'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l targets -d 'Also report rules that no target can express, with any of its profiles'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l prove -d 'Also prove which parts of rules make no difference, and which rules match nothing that another does not; for thousands of rules it takes seconds'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l watch -d 'Check again whenever a file changes, until interrupted'
complete -c rulec -n "__fish_rulec_using_subcommand check" -l pipeline-external -d 'Let pipelines run commands, ask servers and read any file'
complete -c rulec -n "__fish_rulec_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand test" -l format -d 'How results are shown' -r -f -a "human\t'For people'
json\t'One JSON object each'
junit\t'JUnit\'s XML: a suite a rule'
github\t'Annotations of GitHub Actions'"
complete -c rulec -n "__fish_rulec_using_subcommand test" -l carry -d 'With `--format json`, show each event as the columns of TARGET[/PROFILE] hold it' -r
complete -c rulec -n "__fish_rulec_using_subcommand test" -s t -l target -d 'Also run each example through the field map of TARGET[/PROFILE]; repeat for several' -r
complete -c rulec -n "__fish_rulec_using_subcommand test" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand test" -l targets -d 'The same for every target'
complete -c rulec -n "__fish_rulec_using_subcommand test" -l generate -d 'Propose examples for what the rules\' own leave untried, as YAML to paste'
complete -c rulec -n "__fish_rulec_using_subcommand test" -l write -d 'With `--generate`, add them to the files of the rules'
complete -c rulec -n "__fish_rulec_using_subcommand test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand match" -s r -l rules -d 'Files or folders of rules; repeat for several' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand match" -l profile -d 'How the log source and the fields of events are told; `none` lets every rule meet every event' -r
complete -c rulec -n "__fish_rulec_using_subcommand match" -l threads -d 'How many threads work; 0 is one per core' -r
complete -c rulec -n "__fish_rulec_using_subcommand match" -l time-field -d 'The field that says when an event was, for correlations; repeat for several, of which the first that holds a time counts. Without it, those of the profile' -r
complete -c rulec -n "__fish_rulec_using_subcommand match" -l lateness -d 'How much later than its successors an event may come and still count in correlations, such as `30s`; their matches are told so much later. Without it, not at all' -r
complete -c rulec -n "__fish_rulec_using_subcommand match" -l memory -d 'The memory that groups of correlations may take, in MiB; without it, 256' -r
complete -c rulec -n "__fish_rulec_using_subcommand match" -l state -d 'Go on from the state of correlations in this file, if it is there, and save it at the end' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand match" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand match" -l all-rules -d 'Let events that don\'t tell their log source meet every rule'
complete -c rulec -n "__fish_rulec_using_subcommand match" -l strict -d 'Stop at the first line that is no event'
complete -c rulec -n "__fish_rulec_using_subcommand match" -l stats -d 'Say at the end how often each rule matched'
complete -c rulec -n "__fish_rulec_using_subcommand match" -l explain -d 'Say with each match which tests decided it, and what they met'
complete -c rulec -n "__fish_rulec_using_subcommand match" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand build" -s o -l output -d 'The folder of the crate: a new one, or one that this command wrote' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand build" -l name -d 'The name of the crate; without it, that of the folder' -r
complete -c rulec -n "__fish_rulec_using_subcommand build" -l profile -d 'How the log source and the fields of events are told; `none` lets every rule meet every event' -r
complete -c rulec -n "__fish_rulec_using_subcommand build" -l matcher -d 'The crate `rulec-matcher` that it depends on: a folder, or a version' -r
complete -c rulec -n "__fish_rulec_using_subcommand build" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand build" -l all-rules -d 'Let events that don\'t tell their log source meet every rule'
complete -c rulec -n "__fish_rulec_using_subcommand build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand diff" -s t -l target -d 'Whose outputs to compare: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says, or every target' -r
complete -c rulec -n "__fish_rulec_using_subcommand diff" -l templates -d 'A folder of further targets, one folder each' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand diff" -l events -d 'Events to ask both states about: NDJSON, plain, `.gz` or `.zst`; repeat for several' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand diff" -l format -d 'How differences are shown' -r -f -a "human\t'For people'
markdown\t'For a comment on a pull request'
json\t'One JSON object'"
complete -c rulec -n "__fish_rulec_using_subcommand diff" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand import" -s f -l from -d 'The language of the queries, such as `eql`' -r
complete -c rulec -n "__fish_rulec_using_subcommand import" -s o -l output -d 'Write one file per rule into this folder' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand import" -l profile -d 'Undo the field map of this profile of the language\'s target; without it names are kept' -r
complete -c rulec -n "__fish_rulec_using_subcommand import" -l templates -d 'A folder of further targets, one folder each' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand import" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand explain" -s p -l pipeline -d 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order' -r
complete -c rulec -n "__fish_rulec_using_subcommand explain" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand explain" -l pipeline-external -d 'Let pipelines run commands, ask servers and read any file'
complete -c rulec -n "__fish_rulec_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand targets" -l templates -d 'A folder of further targets, one folder each' -r -F
complete -c rulec -n "__fish_rulec_using_subcommand targets" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand targets" -l json -d 'Print JSON'
complete -c rulec -n "__fish_rulec_using_subcommand targets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and not __fish_seen_subcommand_from check show help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and not __fish_seen_subcommand_from check show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and not __fish_seen_subcommand_from check show help" -f -a "check" -d 'Report what is wrong with pipelines'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and not __fish_seen_subcommand_from check show help" -f -a "show" -d 'Show what each step does to a rule'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and not __fish_seen_subcommand_from check show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from check" -l format -d 'How findings are shown' -r -f -a "human\t'With the lines they are about'
concise\t'One line each'
json\t'One JSON array'
github\t'Annotations of GitHub Actions'
sarif\t'One SARIF 2.1.0 log'
junit\t'JUnit\'s XML: a suite a file'"
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from show" -s p -l pipeline -d 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order' -r
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from show" -l pipeline-external -d 'Let pipelines run commands, ask servers and read any file'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from show" -l all -d 'Also list the steps that are not for the rule, or change nothing'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object a step'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from help" -f -a "check" -d 'Report what is wrong with pipelines'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show what each step does to a rule'
complete -c rulec -n "__fish_rulec_using_subcommand pipeline; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "convert" -d 'Say rules in the words of one or more targets'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "check" -d 'Report what is wrong with rules'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "test" -d 'Run the rules\' own examples'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "match" -d 'Ask rules about events: NDJSON in, one line per match out'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "build" -d 'Build rules into a crate that matches events'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "diff" -d 'Compare two states of rules: what they match, say and become'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "import" -d 'Make rules of queries in other languages'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "explain" -d 'Explain a kind of finding, or what a rule means'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "targets" -d 'List targets, their profiles, formats and ops'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "pipeline" -d 'Check processing pipelines, or show what they do to rules'
complete -c rulec -n "__fish_rulec_using_subcommand help; and not __fish_seen_subcommand_from convert check test match build diff import explain targets pipeline help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c rulec -n "__fish_rulec_using_subcommand help; and __fish_seen_subcommand_from pipeline" -f -a "check" -d 'Report what is wrong with pipelines'
complete -c rulec -n "__fish_rulec_using_subcommand help; and __fish_seen_subcommand_from pipeline" -f -a "show" -d 'Show what each step does to a rule'
