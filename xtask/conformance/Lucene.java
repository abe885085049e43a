// Lucene's verdicts about patterns of EQL.
//
// usage: java -cp lucene-core.jar Lucene.java < QUESTIONS      (a JDK 21 or newer)
//
// A question is a line: an operator, a pattern, values; between tabs, all but the operator in Base64.
// The answer is a line: `1` or `0` for each value, or `error: ` and why Lucene refuses the pattern.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Collectors;

import org.apache.lucene.index.Term;
import org.apache.lucene.search.WildcardQuery;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.RegExp;

import static java.nio.charset.StandardCharsets.UTF_8;

@SuppressWarnings("deprecation") // Elasticsearch's flags are
final class Lucene {
    /** All of the syntax, `~` too, as Elasticsearch asks for it. */
    private static final int SYNTAX = RegExp.ALL | RegExp.DEPRECATED_COMPLEMENT;

    /** Elasticsearch leaves it as it is; a pattern that needs more work is refused. */
    private static final int WORK_LIMIT = Operations.DEFAULT_DETERMINIZE_WORK_LIMIT;

    public static void main(String[] args) throws IOException {
        var questions = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        var answers = new PrintStream(System.out, false, UTF_8);
        for (String line; (line = questions.readLine()) != null; ) {
            answers.println(answer(line.split("\t", -1)));
        }
        answers.flush();
    }

    private static String answer(String[] question) {
        try {
            var automaton = Operations.determinize(automaton(question[0], text(question[1])), WORK_LIMIT);
            var matcher = new CharacterRunAutomaton(automaton);
            return Arrays.stream(question, 2, question.length)
                .map(it -> matcher.run(text(it)) ? "1" : "0")
                .collect(Collectors.joining());
        } catch (RuntimeException | StackOverflowError e) {
            return "error: " + String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
        }
    }

    private static Automaton automaton(String operator, String pattern) {
        return switch (operator) {
            case "regex" -> new RegExp(pattern, SYNTAX).toAutomaton();
            case "regex~" -> new RegExp(pattern, SYNTAX, RegExp.ASCII_CASE_INSENSITIVE).toAutomaton();
            // A backslash is plain in EQL, the escape in Lucene.
            case "like" -> WildcardQuery.toAutomaton(new Term("", pattern.replace("\\", "\\\\")), WORK_LIMIT);
            case ":", "like~" -> uncased(pattern);
            default -> throw new IllegalArgumentException("unknown operator " + operator);
        };
    }

    /** What a `WildcardQuery` would be if it ignored the case of ASCII letters: Elasticsearch has its own. */
    private static Automaton uncased(String pattern) {
        if (pattern.isEmpty()) {
            return Automata.makeEmptyString(); // of no automata, `concatenate` makes none that accepts anything
        }
        return Operations.concatenate(pattern.codePoints().mapToObj(it -> switch (it) {
            case '*' -> Automata.makeAnyString();
            case '?' -> Automata.makeAnyChar();
            default -> it < 128
                ? Automata.makeCharSet(new int[] {Character.toUpperCase(it), Character.toLowerCase(it)})
                : Automata.makeChar(it);
        }).toList());
    }

    private static String text(String encoded) {
        return new String(Base64.getDecoder().decode(encoded), UTF_8);
    }
}
