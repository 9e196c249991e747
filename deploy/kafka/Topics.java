// Creates the topics that `weir serve` needs and, if asked, grants what it needs and no more.
//
// Run by topics.sh, which says how; README.md says why. Does nothing that is done already, tells
// each thing that it did, and changes neither the number of partitions of a topic nor its replicas.

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

final class Topics {
  private static final List<String> OUTPUTS =
      List.of("alerts.forwarded", "alerts.consolidated", "throttle.episodes", "dead.letter",
          "requests.accepted", "requests.rejected", "inventory.removed", "enp.unrouted");
  // A log is cleaned and trimmed by whole segments: Kafka's 1 GiB would hold on to too much.
  private static final String SEGMENT_BYTES = "104857600";
  private static final String TIMEOUT_MS = "30000";

  // What was asked for.
  private record Options(String bootstrap, int partitions, int replication, String group,
      String input, String prefix, Optional<Path> config, boolean createTime,
      Optional<String> principal, List<String> operators) {}

  private record Topic(String name, Map<String, String> settings, List<AclOperation> rights) {}

  // Tells the user what is wrong; nothing more is worth saying.
  private static final class Failure extends Exception {
    private final int exitCode;

    Failure(int exitCode, String message) {
      super(message);
      this.exitCode = exitCode;
    }
  }

  public static void main(String[] arguments) {
    int exitCode = 0;
    try {
      run(parse(arguments));
    } catch (Failure failure) {
      System.err.println("topics: " + failure.getMessage());
      exitCode = failure.exitCode;
    } catch (Exception error) {
      System.err.println("topics: " + error);
      exitCode = 1;
    }
    System.exit(exitCode);
  }

  // ----------------------------------------------------------------------------------------------
  // Arguments.

  private static Options parse(String[] arguments) throws Failure {
    Map<String, String> values = new HashMap<>();
    List<String> operators = new ArrayList<>();
    Set<String> known = Set.of("--bootstrap", "--partitions", "--replication", "--group",
        "--input", "--prefix", "--config", "--acls", "--operator");
    for (int i = 0; i < arguments.length; ++i) {
      String name = arguments[i];
      if (name.equals("--create-time")) {
        values.put(name, "");
        continue;
      }
      if (!known.contains(name)) {
        throw new Failure(2, "no such option: " + name + "; see deploy/kafka/topics.sh --help");
      }
      if (++i == arguments.length) {
        throw new Failure(2, name + " needs a value");
      }
      if (name.equals("--operator")) {
        operators.add(eui64(arguments[i]));
      } else {
        values.put(name, arguments[i]);
      }
    }
    if (!values.containsKey("--bootstrap")) {
      throw new Failure(2, "expected --bootstrap HOST:PORT, the broker to ask");
    }
    return new Options(values.get("--bootstrap"), number(values, "--partitions", "1"),
        number(values, "--replication", "1"), values.getOrDefault("--group", "weir"),
        values.getOrDefault("--input", "meter.events"), values.getOrDefault("--prefix", ""),
        Optional.ofNullable(values.get("--config")).map(Path::of),
        values.containsKey("--create-time"),
        Optional.ofNullable(values.get("--acls"))
            .map(name -> name.contains(":") ? name : "User:" + name),
        operators);
  }

  private static int number(Map<String, String> values, String name, String preset)
      throws Failure {
    String text = values.getOrDefault(name, preset);
    if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > Short.MAX_VALUE) {
      throw new Failure(2, name + ": expected a number from 1 to 32767, not " + text);
    }
    return Integer.parseInt(text);
  }

  // As Weir spells it: eight upper-case pairs with dashes.
  private static String eui64(String text) throws Failure {
    String digits = text.replace("-", "").toUpperCase();
    if (!digits.matches("[0-9A-F]{16}")) {
      throw new Failure(2, "--operator: expected an EUI-64, such as 90-B3-D5-1F-30-02-00-00, not "
          + text);
    }
    return digits.replaceAll("(..)(?=.)", "$1-");
  }

  // ----------------------------------------------------------------------------------------------
  // What there must be.

  private static List<Topic> wanted(Options options) {
    List<Topic> topics = new ArrayList<>();
    List<AclOperation> read = List.of(
        AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);
    List<AclOperation> write = List.of(
        AclOperation.WRITE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);
    List<AclOperation> both = List.of(AclOperation.READ, AclOperation.WRITE,
        AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);
    List<AclOperation> trim = new ArrayList<>(both);
    trim.add(AclOperation.DELETE);  // for DeleteRecords

    topics.add(new Topic(options.input(), Map.of("message.timestamp.type",
        options.createTime() ? "CreateTime" : "LogAppendTime"), read));
    for (String output : OUTPUTS) {
      topics.add(new Topic(options.prefix() + output, Map.of(), write));
    }
    for (String operator : options.operators()) {
      topics.add(new Topic(options.prefix() + "enp." + operator, Map.of(), write));
    }
    topics.add(new Topic(options.group() + ".deltas",
        Map.of("cleanup.policy", "delete", "retention.ms", "-1", "retention.bytes", "-1",
            "segment.bytes", SEGMENT_BYTES), trim));
    topics.add(new Topic(options.group() + ".state",
        Map.of("cleanup.policy", "compact", "delete.retention.ms", "86400000",
            "segment.bytes", SEGMENT_BYTES), both));
    return options.replication() < 3 ? topics : onTwoReplicasAtLeast(topics);
  }

  // A record that is on one replica only may be lost together with it.
  private static List<Topic> onTwoReplicasAtLeast(List<Topic> topics) {
    List<Topic> safe = new ArrayList<>();
    for (Topic topic : topics) {
      Map<String, String> settings = new HashMap<>(topic.settings());
      settings.put("min.insync.replicas", "2");
      safe.add(new Topic(topic.name(), settings, topic.rights()));
    }
    return safe;
  }

  private static List<AclBinding> wantedAcls(Options options, String principal,
      List<Topic> topics) {
    List<AclBinding> acls = new ArrayList<>();
    for (Topic topic : topics) {
      for (AclOperation right : topic.rights()) {
        acls.add(acl(principal, ResourceType.TOPIC, topic.name(), PatternType.LITERAL, right));
      }
    }
    acls.add(acl(principal, ResourceType.GROUP, options.group(), PatternType.LITERAL,
        AclOperation.READ));
    for (AclOperation right : List.of(AclOperation.WRITE, AclOperation.DESCRIBE)) {
      acls.add(acl(principal, ResourceType.TRANSACTIONAL_ID, options.group() + "/",
          PatternType.PREFIXED, right));
    }
    return acls;
  }

  private static AclBinding acl(String principal, ResourceType type, String name,
      PatternType pattern, AclOperation right) {
    return new AclBinding(new ResourcePattern(type, name, pattern),
        new AccessControlEntry(principal, "*", right, AclPermissionType.ALLOW));
  }

  // ----------------------------------------------------------------------------------------------
  // Making it so.

  private static void run(Options options) throws Exception {
    List<Topic> topics = wanted(options);
    Set<String> names = new HashSet<>();
    for (Topic topic : topics) {
      if (!names.add(topic.name())) {
        throw new Failure(2, topic.name() + " is asked for twice, for different things");
      }
    }
    try (Admin admin = Admin.create(client(options))) {
      makeTopics(admin, options, topics);
      if (options.principal().isPresent()) {
        grant(admin, wantedAcls(options, options.principal().get(), topics));
      }
    } catch (ExecutionException error) {
      throw new Failure(1, explained(options, error.getCause()));
    }
  }

  private static Properties client(Options options) throws Exception {
    Properties properties = new Properties();
    if (options.config().isPresent()) {
      Path path = options.config().get();
      if (!Files.isReadable(path)) {
        throw new Failure(1, path + ": cannot be read; expected properties of a Kafka client");
      }
      try (var reader = Files.newBufferedReader(path)) {
        properties.load(reader);
      }
    }
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrap());
    properties.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
    properties.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
    return properties;
  }

  private static String explained(Options options, Throwable cause) {
    if (cause instanceof TimeoutException) {
      return "no answer from " + options.bootstrap() + " within " + TIMEOUT_MS + " ms: "
          + cause.getMessage();
    }
    if (cause instanceof SecurityDisabledException) {
      return "the broker grants no rights: it has no authorizer (authorizer.class.name)";
    }
    return options.bootstrap() + ": " + cause.getMessage();
  }

  private static void makeTopics(Admin admin, Options options, List<Topic> topics)
      throws Exception {
    Set<String> existing = admin.listTopics().names().get();
    Map<String, Topic> found = new LinkedHashMap<>();
    List<NewTopic> missing = new ArrayList<>();
    for (Topic topic : topics) {
      if (existing.contains(topic.name())) {
        found.put(topic.name(), topic);
      } else {
        missing.add(new NewTopic(topic.name(), options.partitions(),
            (short) options.replication()).configs(topic.settings()));
      }
    }
    // First, so that nothing has been done if this is refused.
    expectPartitions(admin, options, found.keySet());
    admin.createTopics(missing).all().get();
    for (NewTopic topic : missing) {
      System.out.println("created  " + topic.name() + ": " + options.partitions()
          + " partitions, replication " + options.replication() + ", "
          + new TreeMap<>(topic.configs()));
    }
    changeSettings(admin, found);
  }

  private static void changeSettings(Admin admin, Map<String, Topic> topics) throws Exception {
    List<ConfigResource> resources = topics.keySet().stream()
        .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
        .collect(Collectors.toList());
    Map<ConfigResource, Config> present = admin.describeConfigs(resources).all().get();
    Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
    for (ConfigResource resource : resources) {
      Map<String, String> differing =
          new TreeMap<>(topics.get(resource.name()).settings());
      differing.entrySet().removeIf(setting -> setting.getValue().equals(
          present.get(resource).get(setting.getKey()).value()));
      if (differing.isEmpty()) {
        System.out.println("found    " + resource.name());
        continue;
      }
      System.out.println("changed  " + resource.name() + ": " + differing);
      changes.put(resource, differing.entrySet().stream()
          .map(setting -> new AlterConfigOp(
              new ConfigEntry(setting.getKey(), setting.getValue()), AlterConfigOp.OpType.SET))
          .collect(Collectors.toList()));
    }
    admin.incrementalAlterConfigs(changes).all().get();
  }

  private static void expectPartitions(Admin admin, Options options, Set<String> names)
      throws Exception {
    Map<String, TopicDescription> topics = admin.describeTopics(names).allTopicNames().get();
    String others = topics.values().stream()
        .filter(topic -> topic.partitions().size() != options.partitions())
        .map(topic -> topic.name() + " has " + topic.partitions().size())
        .sorted()
        .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      throw new Failure(1, "expected " + options.partitions() + " partitions, but " + others
          + ". Nothing was done: with another number devices would change partition. Give"
          + " --partitions as they are, or delete the topics");
    }
  }

  // They are part of the cluster's log by now, but a broker may not have read that far, and would
  // still refuse who comes at once.
  private static void waitUntilGranted(Admin admin, List<AclBinding> acls) throws Exception {
    long end = System.nanoTime() + Long.parseLong(TIMEOUT_MS) * 1_000_000L;
    while (!admin.describeAcls(AclBindingFilter.ANY).values().get().containsAll(acls)) {
      if (System.nanoTime() > end) {
        throw new Failure(1, "rights that were granted are not in force after " + TIMEOUT_MS
            + " ms");
      }
      Thread.sleep(20);
    }
  }

  private static void grant(Admin admin, List<AclBinding> acls) throws Exception {
    Set<AclBinding> existing =
        new HashSet<>(admin.describeAcls(AclBindingFilter.ANY).values().get());
    List<AclBinding> missing =
        acls.stream().filter(each -> !existing.contains(each)).collect(Collectors.toList());
    admin.createAcls(missing).all().get();
    waitUntilGranted(admin, missing);
    for (AclBinding each : acls) {
      System.out.println((missing.contains(each) ? "granted  " : "found    ")
          + each.entry().principal() + " " + each.entry().operation() + " "
          + each.pattern().resourceType() + " " + each.pattern().name()
          + (each.pattern().patternType() == PatternType.PREFIXED ? "*" : ""));
    }
  }
}
