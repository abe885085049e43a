
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'rulec' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'rulec'
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
        'rulec' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('convert', 'convert', [CompletionResultType]::ParameterValue, 'Say rules in the words of one or more targets')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what is wrong with rules')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Run the rules'' own examples')
            [CompletionResult]::new('match', 'match', [CompletionResultType]::ParameterValue, 'Ask rules about events: NDJSON in, one line per match out')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build rules into a crate that matches events')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare two states of rules: what they match, say and become')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make rules of queries in other languages')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a kind of finding, or what a rule means')
            [CompletionResult]::new('targets', 'targets', [CompletionResultType]::ParameterValue, 'List targets, their profiles, formats and ops')
            [CompletionResult]::new('pipeline', 'pipeline', [CompletionResultType]::ParameterValue, 'Check processing pipelines, or show what they do to rules')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rulec;convert' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Where to: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Where to: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write one file per rule and target into this folder')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write one file per rule and target into this folder')
            [CompletionResult]::new('--templates', '--templates', [CompletionResultType]::ParameterName, 'A folder of further targets, one folder each')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--jsonl', '--jsonl', [CompletionResultType]::ParameterName, 'Print one JSON object per rule and target')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Refuse output that is not exact')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Read each output back and prove that it says what the rule asks')
            [CompletionResult]::new('--pipeline-external', '--pipeline-external', [CompletionResultType]::ParameterName, 'Let pipelines run commands, ask servers and read any file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;check' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How findings are shown')
            [CompletionResult]::new('--fail-level', '--fail-level', [CompletionResultType]::ParameterName, 'The least severity that ends with exit code 1')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Also say what TARGET[/PROFILE] can''t express or expects more of; repeat for several')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Also say what TARGET[/PROFILE] can''t express or expects more of; repeat for several')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend what can be mended without changing what a rule means')
            [CompletionResult]::new('--unsafe-fixes', '--unsafe-fixes', [CompletionResultType]::ParameterName, 'With `--fix`, also mend what may change what a rule means')
            [CompletionResult]::new('--diff', '--diff', [CompletionResultType]::ParameterName, 'Show what `--fix` would change, and change nothing')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'Also report rules that no target can express, with any of its profiles')
            [CompletionResult]::new('--prove', '--prove', [CompletionResultType]::ParameterName, 'Also prove which parts of rules make no difference, and which rules match nothing that another does not; for thousands of rules it takes seconds')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Check again whenever a file changes, until interrupted')
            [CompletionResult]::new('--pipeline-external', '--pipeline-external', [CompletionResultType]::ParameterName, 'Let pipelines run commands, ask servers and read any file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;test' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How results are shown')
            [CompletionResult]::new('--carry', '--carry', [CompletionResultType]::ParameterName, 'With `--format json`, show each event as the columns of TARGET[/PROFILE] hold it')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Also run each example through the field map of TARGET[/PROFILE]; repeat for several')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Also run each example through the field map of TARGET[/PROFILE]; repeat for several')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'The same for every target')
            [CompletionResult]::new('--generate', '--generate', [CompletionResultType]::ParameterName, 'Propose examples for what the rules'' own leave untried, as YAML to paste')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'With `--generate`, add them to the files of the rules')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;match' {
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Files or folders of rules; repeat for several')
            [CompletionResult]::new('--rules', '--rules', [CompletionResultType]::ParameterName, 'Files or folders of rules; repeat for several')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'How the log source and the fields of events are told; `none` lets every rule meet every event')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads work; 0 is one per core')
            [CompletionResult]::new('--time-field', '--time-field', [CompletionResultType]::ParameterName, 'The field that says when an event was, for correlations; repeat for several, of which the first that holds a time counts. Without it, those of the profile')
            [CompletionResult]::new('--lateness', '--lateness', [CompletionResultType]::ParameterName, 'How much later than its successors an event may come and still count in correlations, such as `30s`; their matches are told so much later. Without it, not at all')
            [CompletionResult]::new('--memory', '--memory', [CompletionResultType]::ParameterName, 'The memory that groups of correlations may take, in MiB; without it, 256')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Go on from the state of correlations in this file, if it is there, and save it at the end')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--all-rules', '--all-rules', [CompletionResultType]::ParameterName, 'Let events that don''t tell their log source meet every rule')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Stop at the first line that is no event')
            [CompletionResult]::new('--stats', '--stats', [CompletionResultType]::ParameterName, 'Say at the end how often each rule matched')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'Say with each match which tests decided it, and what they met')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;build' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The folder of the crate: a new one, or one that this command wrote')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The folder of the crate: a new one, or one that this command wrote')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the crate; without it, that of the folder')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'How the log source and the fields of events are told; `none` lets every rule meet every event')
            [CompletionResult]::new('--matcher', '--matcher', [CompletionResultType]::ParameterName, 'The crate `rulec-matcher` that it depends on: a folder, or a version')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--all-rules', '--all-rules', [CompletionResultType]::ParameterName, 'Let events that don''t tell their log source meet every rule')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;diff' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Whose outputs to compare: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says, or every target')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'Whose outputs to compare: TARGET[/PROFILE][:FORMAT]; repeat for several. Without it, what `rulec.yml` says, or every target')
            [CompletionResult]::new('--templates', '--templates', [CompletionResultType]::ParameterName, 'A folder of further targets, one folder each')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Events to ask both states about: NDJSON, plain, `.gz` or `.zst`; repeat for several')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How differences are shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;import' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The language of the queries, such as `eql`')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'The language of the queries, such as `eql`')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write one file per rule into this folder')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write one file per rule into this folder')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Undo the field map of this profile of the language''s target; without it names are kept')
            [CompletionResult]::new('--templates', '--templates', [CompletionResultType]::ParameterName, 'A folder of further targets, one folder each')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;explain' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--pipeline-external', '--pipeline-external', [CompletionResultType]::ParameterName, 'Let pipelines run commands, ask servers and read any file')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;targets' {
            [CompletionResult]::new('--templates', '--templates', [CompletionResultType]::ParameterName, 'A folder of further targets, one folder each')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;pipeline' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what is wrong with pipelines')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what each step does to a rule')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rulec;pipeline;check' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How findings are shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;pipeline;show' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--pipeline', '--pipeline', [CompletionResultType]::ParameterName, 'A processing pipeline: a file, a folder of them, or a name in a folder `pipelines`; repeat for several. They are applied by priority, then in this order')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--pipeline-external', '--pipeline-external', [CompletionResultType]::ParameterName, 'Let pipelines run commands, ask servers and read any file')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also list the steps that are not for the rule, or change nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON object a step')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'rulec;pipeline;help' {
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what is wrong with pipelines')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what each step does to a rule')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rulec;pipeline;help;check' {
            break
        }
        'rulec;pipeline;help;show' {
            break
        }
        'rulec;pipeline;help;help' {
            break
        }
        'rulec;help' {
            [CompletionResult]::new('convert', 'convert', [CompletionResultType]::ParameterValue, 'Say rules in the words of one or more targets')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what is wrong with rules')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Run the rules'' own examples')
            [CompletionResult]::new('match', 'match', [CompletionResultType]::ParameterValue, 'Ask rules about events: NDJSON in, one line per match out')
            [CompletionResult]::new('build', 'build', [CompletionResultType]::ParameterValue, 'Build rules into a crate that matches events')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Compare two states of rules: what they match, say and become')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make rules of queries in other languages')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a kind of finding, or what a rule means')
            [CompletionResult]::new('targets', 'targets', [CompletionResultType]::ParameterValue, 'List targets, their profiles, formats and ops')
            [CompletionResult]::new('pipeline', 'pipeline', [CompletionResultType]::ParameterValue, 'Check processing pipelines, or show what they do to rules')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'rulec;help;convert' {
            break
        }
        'rulec;help;check' {
            break
        }
        'rulec;help;test' {
            break
        }
        'rulec;help;match' {
            break
        }
        'rulec;help;build' {
            break
        }
        'rulec;help;diff' {
            break
        }
        'rulec;help;import' {
            break
        }
        'rulec;help;explain' {
            break
        }
        'rulec;help;targets' {
            break
        }
        'rulec;help;pipeline' {
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Report what is wrong with pipelines')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show what each step does to a rule')
            break
        }
        'rulec;help;pipeline;check' {
            break
        }
        'rulec;help;pipeline;show' {
            break
        }
        'rulec;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
