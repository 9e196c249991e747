package flink;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** The checkpoints and savepoints of a folder, and what a job that crashed left beside them. */
record Checkpoints(Path folder) {
  private static final String COMPLETE = "_metadata"; // written last, by renaming it into place

  /** The newest complete one, whichever life of the job wrote it. */
  Optional<Path> newest() throws IOException {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(each -> each.endsWith(COMPLETE))
          .max(Comparator.comparing(Checkpoints::written))
          .map(Path::getParent);
    }
  }

  /** Removes a folder with all that is in it, if it is there. */
  static void remove(Path doomed) throws IOException {
    if (!Files.exists(doomed)) {
      return;
    }
    try (Stream<Path> all = Files.walk(doomed)) {
      for (Path each : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(each);
      }
    }
  }

  private static FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
