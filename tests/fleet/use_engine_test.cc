// SPDX-License-Identifier: Apache-2.0
#include "fleet/use_engine.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fake_machine.h"

namespace segfleet {
namespace {

constexpr const char* kCpuAlone = R"({"version":"1","devices":[]})";
constexpr const char* kCard = R"({"version":"1","devices":[{"name":"gpu:0","description":"a card"}]})";

std::string failure(const std::string& code, const std::string& message) {
  return R"({"error":{"code":")" + code + R"(","message":")" + message + "\"}}";
}

// A machine with a card, OpenVINO, and a Python with Paddle and ONNX Runtime: scripts that answer as they do.
class UseEngine : public testing::Test {
 protected:
  UseEngine() {
    machine_.write("dev/nvidia0", "");
    machine_.write("bin/libsegfleet_engine_openvino.so", "no engine: its worker is a script");
    options_.engine = "auto";
    options_.worker_program = program("bin/worker", answer("--describe-engine openvino", kCpuAlone));
    model_.config_path = machine_.root() / "model/inference.yml";
    model_.graph_path = machine_.root() / "model/model.json";
    model_.format = GraphFormat::paddle;
    model_.pir = true;
    python(kCpuAlone, R"({"package":null})", R"({"package":"converted"})");
  }

  static std::string answer(const std::string& arguments, const std::string& text) {
    return "case \"$*\" in *'" + arguments + "'*) printf '%s\\n' '" + text + "'; exit 0;; esac\n";
  }
  std::filesystem::path program(const std::string& name, const std::string& script) {
    machine_.write(name, "#!/bin/sh\n" + script + "exit 1");
    std::filesystem::permissions(machine_.root() / name, std::filesystem::perms::owner_all);
    return machine_.root() / name;
  }
  // What it answers to who asks for Paddle's devices, looks for a conversion, and converts.
  void python(const std::string& paddle, const std::string& found, const std::string& converted) {
    const std::string checked = std::string(kCpuAlone) + "\n" + kCpuAlone;
    options_.python =
        program("bin/python", answer("--check-engine", checked) + answer("--describe-engine paddle", paddle) +
                                  answer("--describe-engine onnxruntime", kCpuAlone) +
                                  answer("--find", found) + answer("segfleet.convert --json", converted));
  }

  Result<EngineUse> use() {
    const auto tell = [this](const std::string& note) { told_ += note + "\n"; };
    return use_engine(options_, model_, -1, tell, machine_.root());
  }

  FakeMachine machine_;
  ComputeOptions options_;
  ModelPackage model_;
  std::string told_;
};

TEST_F(UseEngine, PaddleThatDrivesTheCardRunsItsOwnGraphThere) {
  python(kCard, R"({"package":null})", "");
  const auto chosen = use();
  ASSERT_TRUE(chosen.ok()) << chosen.error().message;
  EXPECT_EQ(chosen->engine, "paddle");
  EXPECT_EQ(chosen->reason, "Paddle Inference runs a Paddle 3 (PIR) graph on gpu");
}

TEST_F(UseEngine, AnEngineThatCannotBeAskedForItsCardsIsNamedWhereTheCpuIsTakenInstead) {
  python(failure("engine_unavailable", "libcudnn.so.9 is missing"), R"({"package":null})",
         R"({"package":"converted"})");
  const auto chosen = use();
  ASSERT_TRUE(chosen.ok()) << chosen.error().message;
  EXPECT_EQ(chosen->engine, "openvino");
  for (const std::string& text : {chosen->reason, told_}) {
    EXPECT_NE(text.find("on cpu, converted to ONNX; engine paddle could not be asked"), std::string::npos)
        << text;
    EXPECT_NE(text.find("libcudnn.so.9 is missing"), std::string::npos) << text;
  }
}

TEST_F(UseEngine, AnEngineThatCannotBeAskedForItsCardsIsNamedWhereNoOtherHasThem) {
  options_.devices = "gpu";
  python(failure("engine_unavailable", "libcudnn.so.9 is missing"), R"({"package":null})", "");
  const auto chosen = use();
  ASSERT_FALSE(chosen.ok());
  EXPECT_NE(chosen.error().message.find("libcudnn.so.9 is missing"), std::string::npos)
      << chosen.error().message;
}

TEST_F(UseEngine, PaddleRunsAGraphThatCannotBeConverted) {
  for (const char* code : {"model_unsupported", "engine_error"}) {
    for (const char* devices : {"cpu", "auto"}) {
      told_.clear();
      options_.devices = devices;
      python(kCpuAlone, R"({"package":null})", failure(code, "no such operation: roll"));
      const auto chosen = use();
      ASSERT_TRUE(chosen.ok()) << chosen.error().message;
      EXPECT_EQ(chosen->engine, "paddle");
      EXPECT_TRUE(chosen->converted.empty());
      for (const std::string& text : {chosen->reason, told_})
        EXPECT_NE(text.find("would need it converted: no such operation: roll"), std::string::npos) << text;
    }
  }
}

TEST_F(UseEngine, AConversionsErrorStaysWherePaddleWouldBeNoHelp) {
  const auto refused = [&](ErrorCode code, const std::string& message) {
    const auto chosen = use();
    ASSERT_FALSE(chosen.ok()) << chosen->engine;
    EXPECT_EQ(chosen.error().code, code);
    EXPECT_EQ(chosen.error().message, message);
  };
  options_.devices = "cpu";
  python(kCpuAlone, R"({"package":null})", failure("no_space", "the disk is full"));
  refused(ErrorCode::no_space, "the disk is full");
  python(kCpuAlone, R"({"package":null})", failure("model_unsupported", "no such operation"));
  options_.restore = RestoreFrom::logits;  // Paddle cannot cut
  refused(ErrorCode::model_unsupported, "no such operation");
  options_.restore = RestoreFrom::labels;
  const std::string missing = failure("engine_unavailable", "not installed");
  options_.python =
      program("bin/python",
              answer("--check-engine", missing + "\n" + missing) + answer("--find", R"({"package":null})") +
                  answer("segfleet.convert --json", failure("model_unsupported", "no such operation")));
  refused(ErrorCode::model_unsupported, "no such operation");
}

}  // namespace
}  // namespace segfleet
