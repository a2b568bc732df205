// SPDX-License-Identifier: Apache-2.0
#include "fleet/process/worker_command.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "temp_folder.h"

namespace segfleet {
namespace {

class WorkerCommandTest : public testing::Test {
 protected:
  void TearDown() override {
    ::unsetenv("SEGFLEET_PYTHON");
    ::setenv("PATH", path_.c_str(), 1);
  }
  std::filesystem::path make_program(const std::string& name) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << "#!/bin/sh\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  TempFolder folder_;
  const std::string path_ = std::getenv("PATH");
};

TEST_F(WorkerCommandTest, AnEngineThatIsASharedObjectIsHostedByTheNativeWorker) {
  const auto worker = find_worker_command("openvino", {make_program("worker"), make_program("python")});
  ASSERT_TRUE(worker.ok());
  EXPECT_EQ(worker->program, folder_.path() / "worker");
  EXPECT_TRUE(worker->arguments.empty());
}

TEST_F(WorkerCommandTest, AnEngineThatIsAPythonClassIsHostedByPython) {
  for (const char* engine : {"paddle", "onnxruntime", "package.module:Class"}) {
    const auto worker = find_worker_command(engine, {make_program("worker"), make_program("python")});
    ASSERT_TRUE(worker.ok());
    EXPECT_EQ(worker->program, folder_.path() / "python");
    EXPECT_EQ(worker->arguments, (std::vector<std::string>{"-m", "segfleet.worker"}));
  }
}

TEST_F(WorkerCommandTest, PythonIsTheVariablesElseTheFirstOfThePath) {
  ::setenv("PATH", ("relative:/nonexistent:" + folder_.path().native()).c_str(), 1);
  make_program("python3");
  EXPECT_EQ(find_worker_command("paddle", {})->program, folder_.path() / "python3");
  ::setenv("SEGFLEET_PYTHON", make_program("other").c_str(), 1);
  EXPECT_EQ(find_worker_command("paddle", {})->program, folder_.path() / "other");
}

TEST_F(WorkerCommandTest, AMissingPythonIsNamedWithTheOptionThatMendsIt) {
  ::setenv("PATH", folder_.path().c_str(), 1);
  const auto none = find_worker_command("paddle", {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_NE(none.error().message.find("--python or SEGFLEET_PYTHON"), std::string::npos);
  const auto wrong = find_worker_command("paddle", {{}, "/nonexistent/python"});
  EXPECT_EQ(wrong.error().code, ErrorCode::not_found);
  EXPECT_NE(wrong.error().message.find("/nonexistent/python"), std::string::npos);
}

}  // namespace
}  // namespace segfleet
