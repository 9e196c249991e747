package streams;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/** RocksDB within a fixed memory, as the documentation of Kafka Streams has it. */
public final class RocksDbSettings implements RocksDBConfigSetter {
  private static final long CACHE = 256L << 20;
  private static final long MEMTABLES = 128L << 20; // of the cache
  private static final double INDEXES = 0.1; // of the cache, kept for indexes and filters

  static {
    org.rocksdb.RocksDB.loadLibrary();
  }

  private static final Cache SHARED = new LRUCache(CACHE, -1, false, INDEXES);
  private static final WriteBufferManager BUFFERS = new WriteBufferManager(MEMTABLES, SHARED);

  private BloomFilter filter;

  @Override
  public void setConfig(String store, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    filter = new BloomFilter();
    table.setBlockCache(SHARED);
    table.setFilterPolicy(filter); // many keys are asked for that are not there yet
    table.setCacheIndexAndFilterBlocks(true);
    table.setCacheIndexAndFilterBlocksWithHighPriority(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(BUFFERS);
    options.setWriteBufferSize(MEMTABLES / 4);
    options.setMemtablePrefixBloomSizeRatio(0.1);
    options.setMemtableWholeKeyFiltering(true);
  }

  /** What all stores share stays. */
  @Override
  public void close(String store, Options options) {
    filter.close();
  }
}
