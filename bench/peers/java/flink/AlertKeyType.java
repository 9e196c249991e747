package flink;

import common.AlertKey;
import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Tells Flink that an alert key is 18 bytes, without the marks that a POJO or a tuple has. */
final class AlertKeyType extends TypeInformation<AlertKey> {
  static final AlertKeyType INSTANCE = new AlertKeyType();
  private static final long serialVersionUID = 1;

  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return 1;
  }

  @Override
  public int getTotalFields() {
    return 1;
  }

  @Override
  public Class<AlertKey> getTypeClass() {
    return AlertKey.class;
  }

  @Override
  public boolean isKeyType() {
    return true;
  }

  @Override
  public TypeSerializer<AlertKey> createSerializer(SerializerConfig config) {
    return Serializer.INSTANCE;
  }

  @Override
  public String toString() {
    return "AlertKey";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AlertKeyType;
  }

  @Override
  public int hashCode() {
    return AlertKeyType.class.hashCode();
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof AlertKeyType;
  }

  /** Device, code, recipient. */
  static final class Serializer extends TypeSerializerSingleton<AlertKey> {
    static final Serializer INSTANCE = new Serializer();
    private static final long serialVersionUID = 1;
    private static final int SIZE = 18;

    @Override
    public boolean isImmutableType() {
      return true;
    }

    @Override
    public AlertKey createInstance() {
      return new AlertKey(0, 0, 0);
    }

    @Override
    public AlertKey copy(AlertKey from) {
      return from;
    }

    @Override
    public AlertKey copy(AlertKey from, AlertKey reuse) {
      return from;
    }

    @Override
    public int getLength() {
      return SIZE;
    }

    @Override
    public void serialize(AlertKey key, DataOutputView to) throws IOException {
      to.writeLong(key.device());
      to.writeShort(key.code());
      to.writeLong(key.recipient());
    }

    @Override
    public AlertKey deserialize(DataInputView from) throws IOException {
      return new AlertKey(from.readLong(), from.readUnsignedShort(), from.readLong());
    }

    @Override
    public AlertKey deserialize(AlertKey reuse, DataInputView from) throws IOException {
      return deserialize(from);
    }

    @Override
    public void copy(DataInputView from, DataOutputView to) throws IOException {
      to.write(from, SIZE);
    }

    @Override
    public TypeSerializerSnapshot<AlertKey> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Finds the serializer again when state is restored. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<AlertKey> {
    public Snapshot() {
      super(() -> Serializer.INSTANCE);
    }
  }
}
