package common;

import java.util.LinkedHashMap;
import java.util.Map;

/** The command line, the same for both programs. */
public record Arguments(
    String bootstrap,
    String group,
    String input,
    String output,
    String state,
    long commitMs,
    int threshold,
    long windowMs,
    int parallelism) {
  private static final String USAGE =
      """
      Throttles the alerts of one Kafka topic into another, exactly once, until it is told to stop.

          %s --bootstrap HOST:PORT --group NAME --input TOPIC --output TOPIC --state DIR
             [--commit-ms N] [--threshold N] [--window-ms N] [--parallelism N]

      --group         who it is: its offsets on the input, and where it goes on when started again
      --state DIR     its local files, which are to be there again when it is started again
      --commit-ms     how often it commits; %d by default
      --threshold     alerts of a key that pass in a window; 10 by default
      --window-ms     the length of a window; 3600000 by default
      --parallelism   how many threads share the partitions; 1 by default

      Prints "ready" once it consumes. Exit codes: 0 stopped by SIGTERM, 1 failed, 2 wrong usage.
      """;

  /** Ends the program if they are wrong, or ask for help. */
  public static Arguments parse(String program, long commitMs, String[] words) {
    String usage = USAGE.formatted(program, commitMs);
    if (words.length == 1 && (words[0].equals("--help") || words[0].equals("-h"))) {
      System.out.print(usage);
      System.exit(0);
    }
    try {
      return of(new Words(words, commitMs));
    } catch (IllegalArgumentException wrong) {
      System.err.printf("%s: %s%n%n%s", program, wrong.getMessage(), usage);
      System.exit(2);
      throw wrong;
    }
  }

  private static Arguments of(Words words) {
    return new Arguments(
        words.text("--bootstrap"),
        words.text("--group"),
        words.text("--input"),
        words.text("--output"),
        words.text("--state"),
        words.number("--commit-ms", 3_600_000),
        (int) words.number("--threshold", 65_535),
        words.number("--window-ms", 7 * 24 * 3_600_000L),
        (int) words.number("--parallelism", 1024));
  }

  /** Options and their values. */
  private static final class Words {
    private final Map<String, String> values = new LinkedHashMap<>();

    Words(String[] words, long commitMs) {
      for (String each : new String[] {"--bootstrap", "--group", "--input", "--output"}) {
        values.put(each, null);
      }
      values.put("--state", null);
      values.put("--commit-ms", Long.toString(commitMs));
      values.put("--threshold", "10");
      values.put("--window-ms", "3600000");
      values.put("--parallelism", "1");
      for (int at = 0; at < words.length; at += 2) {
        if (!values.containsKey(words[at])) {
          throw new IllegalArgumentException("no such option: " + words[at]);
        }
        if (at + 1 == words.length) {
          throw new IllegalArgumentException(words[at] + " needs a value");
        }
        values.put(words[at], words[at + 1]);
      }
    }

    String text(String name) {
      String value = values.get(name);
      if (value == null || value.isEmpty()) {
        throw new IllegalArgumentException(name + " is needed");
      }
      return value;
    }

    long number(String name, long most) {
      String value = values.get(name);
      if (!value.matches("[1-9][0-9]{0,9}") || Long.parseLong(value) > most) {
        throw new IllegalArgumentException(
            name + ": not a number from 1 to " + most + ": " + value);
      }
      return Long.parseLong(value);
    }
  }
}
