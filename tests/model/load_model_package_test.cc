// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "segfleet/model.h"
#include "temp_folder.h"

namespace segfleet {
namespace {

class LoadModelPackage : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  void write_yaml(const std::string& model, const std::string& more = "",
                  const std::string& name = "deploy.yaml") {
    write(name, "Deploy: {model: " + model + ", output_op: argmax" + more + "}\n");
  }
  Result<ModelPackage> load() { return load_model_package(folder.path()); }
  // The error's message, after a look at its code.
  std::string refusal(ErrorCode code) {
    const auto package = load();
    if (package.ok()) return "accepted";
    EXPECT_EQ(package.error().code, code) << package.error().message;
    EXPECT_NE(package.error().message.find(folder.path().native()), std::string::npos)
        << package.error().message;
    return package.error().message;
  }
  bool refuses(ErrorCode code, const std::string& part) {
    const std::string message = refusal(code);
    if (message.find(part) == std::string::npos) ADD_FAILURE() << message;
    return message.find(part) != std::string::npos;
  }

  const TempFolder folder;
};

TEST_F(LoadModelPackage, ReadsAnOnnxPackage) {
  write_yaml("model.onnx",
             ", transforms: [{type: Resize}, {type: Normalize}], input_shape: [1, 3, 512, 512]");
  write("model.onnx", "graph");
  const auto package = load();
  ASSERT_TRUE(package.ok()) << package.error().message;
  EXPECT_EQ(package->folder, folder.path());
  EXPECT_EQ(package->config_path, folder.path() / "deploy.yaml");
  EXPECT_EQ(package->graph_path, folder.path() / "model.onnx");
  EXPECT_TRUE(package->weights_path.empty());
  EXPECT_EQ(package->format, GraphFormat::onnx);
  EXPECT_EQ(package->transforms.size(), 2u);
  EXPECT_TRUE(package->class_names.empty());
  EXPECT_TRUE(package->warnings.empty());
  EXPECT_EQ(package->fingerprint.size(), 32u);
}

TEST_F(LoadModelPackage, FindsWeightsBesideTheGraphOrWhereParamsSays) {
  write_yaml("model.xml");
  write("model.xml", "graph");
  write("model.bin", "weights");
  ASSERT_TRUE(load().ok()) << load().error().message;
  EXPECT_EQ(load()->weights_path, folder.path() / "model.bin");
  EXPECT_EQ(load()->format, GraphFormat::openvino);

  write_yaml("m.pdmodel", ", params: other.pdiparams");
  write("m.pdmodel", "graph");
  write("other.pdiparams", "weights");
  ASSERT_TRUE(load().ok()) << load().error().message;
  EXPECT_EQ(load()->weights_path, folder.path() / "other.pdiparams");
  EXPECT_EQ(load()->format, GraphFormat::paddle);
}

TEST_F(LoadModelPackage, TakesTheYamlFileItself) {
  write_yaml("missing.onnx");
  write_yaml("model.onnx", "", "other.yml");
  write("model.onnx", "graph");
  const auto package = load_model_package(folder.path() / "other.yml");
  ASSERT_TRUE(package.ok()) << package.error().message;
  EXPECT_EQ(package->folder, folder.path());
}

TEST_F(LoadModelPackage, PrefersDeployYamlElseTakesTheOnlyOne) {
  write_yaml("model.onnx", "", "deploy_onnx.yaml");
  write("model.onnx", "graph");
  ASSERT_TRUE(load().ok()) << load().error().message;
  EXPECT_EQ(load()->config_path.filename(), "deploy_onnx.yaml");
  write_yaml("model.onnx");
  EXPECT_EQ(load()->config_path.filename(), "deploy.yaml");
}

TEST_F(LoadModelPackage, ReadsClassNames) {
  write_yaml("model.onnx");
  write("model.onnx", "graph");
  write("classes.txt", "road\r\nside walk\n\nsky\n\n");
  ASSERT_TRUE(load().ok());
  EXPECT_EQ(load()->class_names, (std::vector<std::string>{"road", "side walk", "", "sky"}));
  write("classes.txt", "road");
  EXPECT_EQ(load()->class_names, std::vector<std::string>{"road"});
  write("classes.txt", "");
  EXPECT_TRUE(load()->class_names.empty());
}

TEST_F(LoadModelPackage, FingerprintFollowsConfigurationGraphAndWeightsOnly) {
  write_yaml("model.xml", ", transforms: [{type: Normalize}]");
  write("model.xml", "graph");
  write("model.bin", "weights");
  const std::string first = load()->fingerprint;
  write("deploy.yaml",
        "# a comment\nDeploy:\n  output_op: argmax\n  transforms: [{type: Normalize, std: [0.5]}]\n"
        "  model: ./model.xml\n");
  EXPECT_EQ(load()->fingerprint, first);
  write("model.bin", "weighty");
  EXPECT_NE(load()->fingerprint, first);
  write("model.bin", "weights");
  write("model.xml", "grape");
  EXPECT_NE(load()->fingerprint, first);
  write("model.xml", "graph");
  write_yaml("model.xml", ", transforms: [{type: Normalize, std: [0.51]}]");
  EXPECT_NE(load()->fingerprint, first);
}

TEST_F(LoadModelPackage, MissingPathIsNotFound) {
  const auto package = load_model_package(folder.path() / "nowhere");
  ASSERT_FALSE(package.ok());
  EXPECT_EQ(package.error().code, ErrorCode::not_found);
}

TEST_F(LoadModelPackage, EmptyFolderIsNotFound) {
  EXPECT_TRUE(refuses(ErrorCode::not_found, "no deploy.yaml and no inference.yml in"));
}

TEST_F(LoadModelPackage, SeveralYamlFilesAreNamed) {
  write_yaml("m.onnx", "", "b.yml");
  write_yaml("m.onnx", "", "a.yaml");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "(a.yaml, b.yml): give one of them"));
}

TEST_F(LoadModelPackage, AFileThatIsNoYamlIsRefused) {
  write("model.onnx", "graph");
  const auto package = load_model_package(folder.path() / "model.onnx");
  ASSERT_FALSE(package.ok());
  EXPECT_EQ(package.error().code, ErrorCode::model_invalid);
}

TEST_F(LoadModelPackage, PaddleXFileNamesAreFixed) {
  write("inference.yml",
        "Deploy: {model: other.pdmodel, output_op: argmax, transforms: [{type: Normalize}]}\n"
        "Global: {model_name: PP-LiteSeg-T}\n");
  write("config.yaml", "of somebody else");
  write("other.pdmodel", "graph");
  write("inference.pdiparams", "weights");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "inference.pdmodel is missing"));
  write("inference.onnx", "graph");
  ASSERT_TRUE(load().ok()) << load().error().message;
  EXPECT_EQ(load()->graph_path, folder.path() / "inference.onnx");
  EXPECT_TRUE(load()->weights_path.empty());
  write("inference.pdmodel", "graph");
  EXPECT_EQ(load()->graph_path, folder.path() / "inference.pdmodel");
  EXPECT_FALSE(load()->pir);
  write("inference.json", "graph");
  const auto package = load();
  ASSERT_TRUE(package.ok()) << package.error().message;
  EXPECT_EQ(package->graph_path, folder.path() / "inference.json");
  EXPECT_EQ(package->weights_path, folder.path() / "inference.pdiparams");
  EXPECT_EQ(package->config_path, folder.path() / "inference.yml");
  EXPECT_TRUE(package->pir);
  EXPECT_TRUE(package->paddlex);
  EXPECT_TRUE(package->warnings.empty());
}

TEST_F(LoadModelPackage, APaddleSegInferenceYmlRunsAsADeployYaml) {
  write_yaml("inference.pdmodel", ", transforms: [{type: Resize}]", "inference.yml");
  write("inference.json", "graph");
  write("inference.pdiparams", "weights");
  const auto package = load();
  ASSERT_TRUE(package.ok()) << package.error().message;
  EXPECT_FALSE(package->paddlex);
  EXPECT_EQ(describe(package->transforms.at(0)), "Resize(target_size=[512, 512], interp=LINEAR)");
}

TEST_F(LoadModelPackage, DeployYamlGoesBeforeInferenceYml) {
  write_yaml("model.onnx");
  write_yaml("missing.onnx", "", "inference.yml");
  write("model.onnx", "graph");
  ASSERT_TRUE(load().ok()) << load().error().message;
  EXPECT_EQ(load()->config_path.filename(), "deploy.yaml");
}

TEST_F(LoadModelPackage, YamlErrorsNameTheFile) {
  write("deploy.yaml", "");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "deploy.yaml: the file is empty"));
  write("deploy.yaml", "Deploy: [");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "deploy.yaml: line"));
  write("deploy.yaml", "#" + std::string(1 << 20, ' '));
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "over the limit of 1048576"));
}

TEST_F(LoadModelPackage, AFifoInPlaceOfTheYamlDoesNotBlock) {
  ASSERT_EQ(::mkfifo((folder.path() / "deploy.yaml").c_str(), 0600), 0);
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "not a regular file"));
}

TEST_F(LoadModelPackage, MissingOrEmptyGraphIsNamed) {
  write_yaml("model.onnx");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "the graph "));
  write("model.onnx", "");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "model.onnx is empty"));
}

TEST_F(LoadModelPackage, AFolderInPlaceOfTheGraphIsRefused) {
  write_yaml("model.onnx");
  std::filesystem::create_directory(folder.path() / "model.onnx");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "model.onnx is missing"));
}

TEST_F(LoadModelPackage, MissingOrEmptyWeightsAreNamed) {
  write_yaml("model.pdmodel");
  write("model.pdmodel", "graph");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "model.pdiparams is missing"));
  write("model.pdiparams", "");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "model.pdiparams is empty"));
}

TEST_F(LoadModelPackage, OtherGraphFormatsAreUnsupported) {
  write_yaml("model.tflite");
  write("model.tflite", "graph");
  EXPECT_TRUE(refuses(ErrorCode::model_unsupported, "'model.tflite'; segfleet reads .onnx"));
}

TEST_F(LoadModelPackage, ReadsAPirGraph) {
  write_yaml("model.json");
  write("model.json", "{}");
  write("model.pdiparams", "weights");
  const auto package = load();
  ASSERT_TRUE(package.ok()) << package.error().message;
  EXPECT_EQ(package->format, GraphFormat::paddle);
  EXPECT_TRUE(package->pir);
  EXPECT_EQ(package->graph_path, folder.path() / "model.json");
  EXPECT_EQ(package->weights_path, folder.path() / "model.pdiparams");
}

TEST_F(LoadModelPackage, PdmodelMeansTheJsonWhereThatAloneIsThere) {
  write_yaml("model.pdmodel", ", params: model.pdiparams");
  write("model.json", "{}");
  write("model.pdiparams", "weights");
  const auto package = load();
  ASSERT_TRUE(package.ok()) << package.error().message;
  EXPECT_TRUE(package->pir);
  EXPECT_EQ(package->graph_path, folder.path() / "model.json");
  EXPECT_TRUE(package->warnings.empty());
  write("model.pdmodel", "graph");
  EXPECT_FALSE(load()->pir);
  EXPECT_EQ(load()->graph_path, folder.path() / "model.pdmodel");
}

TEST_F(LoadModelPackage, AJsonGraphThatIsNotThereIsMissingNotUnsupported) {
  write_yaml("model.json");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "model.json is missing: copy it there"));
  write("model.pdmodel", "graph");
  EXPECT_TRUE(refuses(ErrorCode::model_invalid, "write `model: model.pdmodel` into the yaml"));
}

TEST_F(LoadModelPackage, ParamsOfAnOnnxGraphAreReported) {
  write_yaml("model.onnx", ", params: model.pdiparams");
  write("model.onnx", "graph");
  ASSERT_TRUE(load().ok());
  ASSERT_EQ(load()->warnings.size(), 1u);
  EXPECT_NE(load()->warnings[0].find("params (model.pdiparams)"), std::string::npos);
}

}  // namespace
}  // namespace segfleet
