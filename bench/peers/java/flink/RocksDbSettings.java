package flink;

import java.util.Collection;
import java.util.List;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;

/** What Flink has no setting for. */
public final class RocksDbSettings implements RocksDBOptionsFactory {
  private static final long serialVersionUID = 1;

  @Override
  public DBOptions createDBOptions(DBOptions given, Collection<AutoCloseable> toClose) {
    return given;
  }

  /** Many keys are asked for that are not there yet; and 20 bytes are not worth compressing. */
  @Override
  public ColumnFamilyOptions createColumnOptions(
      ColumnFamilyOptions given, Collection<AutoCloseable> toClose) {
    return given
        .setMemtablePrefixBloomSizeRatio(0.1)
        .setMemtableWholeKeyFiltering(true)
        .setCompressionPerLevel(List.of())
        .setCompressionType(CompressionType.NO_COMPRESSION);
  }
}
