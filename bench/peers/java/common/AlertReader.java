package common;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * Takes device, code and recipient out of a record: JSON, or binary GBCS, told by its first byte.
 * The fields are those of the record that was read last. Not for several threads.
 */
public final class AlertReader {
  /** What a record is: only alerts are counted, and what is no alert goes nowhere. */
  public enum Kind {
    ALERT,
    OTHER,
    UNREADABLE
  }

  public long device;
  public boolean namesDevice;
  public int code;
  public long recipient;

  private final JsonFactory json = new JsonFactory();
  private final Gbcs gbcs = new Gbcs();

  public Kind read(byte[] record) {
    if (record == null || record.length == 0) {
      return Kind.UNREADABLE;
    }
    return Gbcs.isOne(record) ? readGbcs(record) : readJson(record);
  }

  public AlertKey key() {
    return new AlertKey(device, code, recipient);
  }

  private Kind readGbcs(byte[] record) {
    if (!gbcs.read(record)) {
      return Kind.UNREADABLE;
    }
    namesDevice = true;
    device = gbcs.device;
    code = gbcs.code;
    recipient = gbcs.recipient;
    return Kind.ALERT;
  }

  private Kind readJson(byte[] record) {
    namesDevice = false;
    device = 0;
    code = Codes.NONE;
    recipient = 0;
    try (JsonParser parser = json.createParser(record)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Kind.UNREADABLE;
      }
      if (!readFields(parser)) {
        return Kind.OTHER;
      }
      return isComplete() && parser.nextToken() == null ? Kind.ALERT : Kind.UNREADABLE;
    } catch (IOException | NumberFormatException error) {
      return Kind.UNREADABLE;
    }
  }

  /** Says whether the object is an alert. */
  private boolean readFields(JsonParser parser) throws IOException {
    boolean isAlert = true;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      if (parser.nextToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      switch (name) {
        case "device" -> {
          device = id(parser);
          namesDevice = true;
        }
        case "code" -> code = code(parser);
        case "recipient" -> recipient = id(parser);
        case "type" -> isAlert = parser.getText().equals("alert");
        default -> parser.skipChildren();
      }
    }
    return isAlert;
  }

  /** Only alerts of the DCC may name no device. */
  private boolean isComplete() {
    return code != Codes.NONE && (namesDevice || Codes.isDcc(code));
  }

  private static long id(JsonParser parser) throws IOException {
    expectText(parser);
    return Eui64.parse(
        parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
  }

  private static int code(JsonParser parser) throws IOException {
    expectText(parser);
    return Codes.parse(
        parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
  }

  private static void expectText(JsonParser parser) {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new NumberFormatException("no text");
    }
  }
}
