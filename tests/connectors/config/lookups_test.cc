// Goal: a secret is read from a file that only its owner and its group can read, and from no other;
// no message says what is in it.
// Method: real files in a folder of their own.

#include "connectors/config/lookups.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "connectors/config/service_file.h"

#include <sys/stat.h>

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SecretFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/weir_lookups_XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/secret";
  }

  void TearDown() override {
    static_cast<void>(unlink(path_.c_str()));
    EXPECT_EQ(rmdir(folder_.c_str()), 0);
  }

  void Write(const std::string& content, mode_t mode = 0400) {
    static_cast<void>(unlink(path_.c_str()));
    std::ofstream(path_, std::ios::binary) << content;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }

  std::string Refusal() const {
    const absl::StatusOr<std::string> secret = ReadSecretFile(path_);
    EXPECT_FALSE(secret.ok());
    return std::string(secret.status().message());
  }

  std::string folder_;
  std::string path_;
};

TEST_F(SecretFile, GivesTheContentWithoutItsLastLineFeed) {
  const std::string largest(kMaxSecretBytes, 'x');

  struct {
    std::string content, secret;
  } const cases[] = {{"pw", "pw"},       {"pw\n", "pw"},     {"pw\n\n", "pw\n"},
                     {" p w ", " p w "}, {"a\nb\n", "a\nb"}, {"\n\n", "\n"},
                     {"pw\r\n", "pw\r"}, {largest, largest}, {"\xff\xfe", "\xff\xfe"}};

  for (const auto& test : cases) {
    Write(test.content);
    EXPECT_EQ(ReadSecretFile(path_).value_or("none"), test.secret);
  }
}

TEST_F(SecretFile, OwnerAndGroupMayReadIt) {
  for (const mode_t mode : {0400U, 0600U, 0440U, 0640U, 0660U}) {
    Write("pw", mode);
    EXPECT_TRUE(ReadSecretFile(path_).ok()) << mode;
  }
  for (const mode_t mode : {0444U, 0404U, 0644U, 0602U, 0666U, 0777U}) {
    Write("Hunter2", mode);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr("every user"), Not(HasSubstr("Hunter2")))) << mode;
  }
}

TEST_F(SecretFile, RefusesWhatIsNoSecret) {
  EXPECT_THAT(Refusal(), HasSubstr("No such file or directory"));
  for (const char* empty : {"", "\n"}) {
    Write(empty);
    EXPECT_THAT(Refusal(), HasSubstr("is empty"));
  }
  Write(std::string("Hun\0ter2", 8));
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("zero byte"), Not(HasSubstr("Hun"))));
  Write(std::string(kMaxSecretBytes + 1, 'x'));
  EXPECT_THAT(Refusal(), HasSubstr("larger than 65536 bytes"));
  EXPECT_THAT(std::string(ReadSecretFile(folder_).status().message()),
              HasSubstr("not a regular file"));
}

TEST_F(SecretFile, DoesNotWaitForAPipe) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(Refusal(), HasSubstr("not a regular file"));
}

TEST_F(SecretFile, IsReadForAConfigurationFile) {
  Write("from a file\n");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): this test has no threads
  ASSERT_EQ(setenv("WEIR_TEST_SERVERS", "h:1", 1), 0);
  const std::string file = folder_ + "/weir.yaml";
  std::ofstream(file) << "kafka: {bootstrap.servers: '${WEIR_TEST_SERVERS}', "
                         "sasl.password: file:secret}\n"
                         "service: {instance: i, state: {dir: d}}\n";
  const absl::StatusOr<ServiceConfig> config = ReadServiceFile(file);
  ASSERT_EQ(unlink(file.c_str()), 0);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->kafka.at("bootstrap.servers"), "h:1");
  EXPECT_EQ(config->kafka.at("sasl.password"), "from a file");
  EXPECT_EQ(config->state_dir, folder_ + "/d");
  const absl::Status missing = ReadServiceFile(file).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()),
              HasSubstr(file + ": the service configuration cannot be read: No such file"));
}

}  // namespace
}  // namespace weir
