
use builtin;
use str;

set edit:completion:arg-completer[rulec] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'rulec'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'rulec'= {
            cand --color 'When to use colours'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand convert 'Say rules in the words of one or more targets'
            cand check 'Report what is wrong with rules'
            cand test 'Run the rules'' own examples'
            cand match 'Ask rules about events: NDJSON in, one line per match out'
            cand build 'Build rules into a crate that matches events'
            cand diff 'Compare two states of rules: what they match, say and become'
            cand import 'Make rules of queries in other languages'
            cand explain 'Explain a kind of finding, or what a rule means'
            cand targets 'List targets, their profiles, formats and ops'
            cand pipeline 'Check processing pipelines, or show what they do to rules'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'rulec;convert'= {
            cand -t 'Where to: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says'
            cand --target 'Where to: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says'
            cand -o 'Write one file per rule and target into this folder'
            cand --output 'Write one file per rule and target into this folder'
            cand --templates 'A folder of further targets, one folder each'
            cand -p 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --pipeline 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --color 'When to use colours'
            cand --jsonl 'Print one JSON object per rule and target'
            cand --strict 'Refuse output that is not exact'
            cand --verify 'Read each output back and prove that it says what the rule asks'
            cand --pipeline-external 'Let pipelines run commands, ask servers and read any file'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;check'= {
            cand --format 'How findings are shown'
            cand --fail-level 'The least severity that ends with exit code 1'
            cand -t 'Also say what TARGET[/PROFILE] can''t express or expects more of; repeat for several'
            cand --target 'Also say what TARGET[/PROFILE] can''t express or expects more of; repeat for several'
            cand -p 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --pipeline 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --color 'When to use colours'
            cand --fix 'Mend what can be mended without changing what a rule means'
            cand --unsafe-fixes 'With `--fix`, also mend what may change what a rule means'
            cand --diff 'Show what `--fix` would change, and change nothing'
            cand --targets 'Also report rules that no target can express, with any of its profiles'
            cand --prove 'Also prove which parts of rules make no difference, and which rules match nothing that another does not; for thousands of rules it takes seconds'
            cand --watch 'Check again whenever a file changes, until interrupted'
            cand --pipeline-external 'Let pipelines run commands, ask servers and read any file'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;test'= {
            cand --format 'How results are shown'
            cand --carry 'With `--format json`, show each event as the columns of TARGET[/PROFILE] hold it'
            cand -t 'Also run each example through the field map of TARGET[/PROFILE]; repeat for several'
            cand --target 'Also run each example through the field map of TARGET[/PROFILE]; repeat for several'
            cand --color 'When to use colours'
            cand --targets 'The same for every target'
            cand --generate 'Propose examples for what the rules'' own leave untried, as YAML to paste'
            cand --write 'With `--generate`, add them to the files of the rules'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;match'= {
            cand -r 'Files or folders of rules; repeat for several'
            cand --rules 'Files or folders of rules; repeat for several'
            cand --profile 'How the log source and the fields of events are told; `none` lets every rule meet every event'
            cand --threads 'How many threads work; 0 is one per core'
            cand --time-field 'The field that says when an event was, for correlations; repeat for several, of which the first that holds a time counts. Without it, those of the profile'
            cand --lateness 'How much later than its successors an event may come and still count in correlations, such as `30s`; their matches are told so much later. Without it, not at all'
            cand --memory 'The memory that groups of correlations may take, in MiB; without it, 256'
            cand --state 'Go on from the state of correlations in this file, if it is there, and save it at the end'
            cand --color 'When to use colours'
            cand --all-rules 'Let events that don''t tell their log source meet every rule'
            cand --strict 'Stop at the first line that is no event'
            cand --stats 'Say at the end how often each rule matched'
            cand --explain 'Say with each match which tests decided it, and what they met'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;build'= {
            cand -o 'The folder of the crate: a new one, or one that this command wrote'
            cand --output 'The folder of the crate: a new one, or one that this command wrote'
            cand --name 'The name of the crate; without it, that of the folder'
            cand --profile 'How the log source and the fields of events are told; `none` lets every rule meet every event'
            cand --matcher 'The crate `rulec-matcher` that it depends on: a folder, or a version'
            cand --color 'When to use colours'
            cand --all-rules 'Let events that don''t tell their log source meet every rule'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;diff'= {
            cand -t 'Whose outputs to compare: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says, or every target'
            cand --target 'Whose outputs to compare: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says, or every target'
            cand --templates 'A folder of further targets, one folder each'
            cand --events 'Events to ask both states about: NDJSON, plain, `.gz` or `.zst`; repeat for several'
            cand --format 'How differences are shown'
            cand --color 'When to use colours'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;import'= {
            cand -f 'The language of the queries, such as `eql`'
            cand --from 'The language of the queries, such as `eql`'
            cand -o 'Write one file per rule into this folder'
            cand --output 'Write one file per rule into this folder'
            cand --profile 'Undo the field map of this profile of the language''s target; without it names are kept'
            cand --templates 'A folder of further targets, one folder each'
            cand --color 'When to use colours'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;explain'= {
            cand -p 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --pipeline 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --color 'When to use colours'
            cand --pipeline-external 'Let pipelines run commands, ask servers and read any file'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;targets'= {
            cand --templates 'A folder of further targets, one folder each'
            cand --color 'When to use colours'
            cand --json 'Print JSON'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;pipeline'= {
            cand --color 'When to use colours'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand check 'Report what is wrong with pipelines'
            cand show 'Show what each step does to a rule'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'rulec;pipeline;check'= {
            cand --format 'How findings are shown'
            cand --color 'When to use colours'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;pipeline;show'= {
            cand -p 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --pipeline 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order'
            cand --color 'When to use colours'
            cand --pipeline-external 'Let pipelines run commands, ask servers and read any file'
            cand --all 'Also list the steps that are not for the rule, or change nothing'
            cand --json 'Print one JSON object a step'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'rulec;pipeline;help'= {
            cand check 'Report what is wrong with pipelines'
            cand show 'Show what each step does to a rule'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'rulec;pipeline;help;check'= {
        }
        &'rulec;pipeline;help;show'= {
        }
        &'rulec;pipeline;help;help'= {
        }
        &'rulec;help'= {
            cand convert 'Say rules in the words of one or more targets'
            cand check 'Report what is wrong with rules'
            cand test 'Run the rules'' own examples'
            cand match 'Ask rules about events: NDJSON in, one line per match out'
            cand build 'Build rules into a crate that matches events'
            cand diff 'Compare two states of rules: what they match, say and become'
            cand import 'Make rules of queries in other languages'
            cand explain 'Explain a kind of finding, or what a rule means'
            cand targets 'List targets, their profiles, formats and ops'
            cand pipeline 'Check processing pipelines, or show what they do to rules'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'rulec;help;convert'= {
        }
        &'rulec;help;check'= {
        }
        &'rulec;help;test'= {
        }
        &'rulec;help;match'= {
        }
        &'rulec;help;build'= {
        }
        &'rulec;help;diff'= {
        }
        &'rulec;help;import'= {
        }
        &'rulec;help;explain'= {
        }
        &'rulec;help;targets'= {
        }
        &'rulec;help;pipeline'= {
            cand check 'Report what is wrong with pipelines'
            cand show 'Show what each step does to a rule'
        }
        &'rulec;help;pipeline;check'= {
        }
        &'rulec;help;pipeline;show'= {
        }
        &'rulec;help;help'= {
        }
    ]
    $completions[$command]
}
