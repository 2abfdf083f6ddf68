#include "qprompt/artifact/prompt_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/file.h"
#include "qprompt/run/run_folder.h"
#include "tests/inference/prompts.h"
#include "tests/server/running_server.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;
using testing::RunningServer;
using ::testing::SizeIs;

std::string text_of(const PromptFile& prompt) {
  const auto bytes = to_bytes(prompt);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class PromptRequests : public ::testing::Test {
 protected:
  testing::Answer put(const std::string& target, const std::string& body) const {
    return server_.ask("PUT", target, body);
  }

  const Model model_ = testing::random_model();
  const std::string file_ = text_of(unified_prompt(model_));
  const RunningServer server_{model_};
};

TEST_F(PromptRequests, KeepAPromptGiveItBackAndRemoveIt) {
  EXPECT_EQ(put("/v1/prompts/one?classes=cat%0Adog", file_).status, 201);
  EXPECT_EQ(server_.get("/v1/prompts/one").body, file_);
  EXPECT_EQ(read_text(server_.prompts() / "one.qprompt"), file_);
  EXPECT_EQ(read_text(server_.prompts() / "one.classes.txt"), "cat\ndog\n");
  const nlohmann::json listed = server_.get("/v1/prompts").json()["prompts"];
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0]["name"], "one");
  EXPECT_EQ(listed[0]["bytes"], file_.size());
  EXPECT_EQ(listed[0]["classes"], nlohmann::json({"cat", "dog"}));
  EXPECT_EQ(listed[0]["any_classes"], true);
  EXPECT_EQ(server_.ask("DELETE", "/v1/prompts/one").status, 204);
  EXPECT_EQ(server_.get("/v1/prompts/one").status, 404);
  EXPECT_TRUE(std::filesystem::is_empty(server_.prompts()));
}

TEST_F(PromptRequests, ReplaceNothingByWhatIsNoPromptOfThisModel) {
  ASSERT_EQ(put("/v1/prompts/one", file_).status, 201);
  const auto damaged = put("/v1/prompts/one", file_.substr(0, file_.size() - 1));
  EXPECT_EQ(damaged.status, 422);
  const auto foreign = put("/v1/prompts/one", text_of(unified_prompt(testing::random_model(2))));
  EXPECT_THAT(foreign.detail(), HasSubstr("was learned on the backbone"));
  EXPECT_EQ(server_.get("/v1/prompts/one").body, file_);
  EXPECT_EQ(read_text(server_.prompts() / "one.qprompt"), file_);
}

TEST_F(PromptRequests, ServeABoundPromptForItsOwnClassesAlone) {
  const std::string bound = text_of(class_bound_prompt(model_, {"cat", "dog"}));
  EXPECT_EQ(put("/v1/prompts/bound?classes=cat%0Aeel", bound).status, 422);
  const auto kept = put("/v1/prompts/bound?classes=cat%0Adog", bound);
  EXPECT_EQ(kept.status, 201);
  EXPECT_EQ(kept.json()["any_classes"], false);
  EXPECT_EQ(server_.post_json("/v1/prompts/bound/classes", {{"classes", {"eel"}}}).status, 422);
  EXPECT_EQ(server_.get("/v1/prompts/bound/classes").json()["classes"],
            nlohmann::json({"cat", "dog"}));
}

TEST_F(PromptRequests, AddClassesByNameAndAnswerAsIfTheyHadBeenThereAlways) {
  ASSERT_EQ(put("/v1/prompts/one?classes=cat%0Adog", file_).status, 201);
  ASSERT_EQ(put("/v1/prompts/all?classes=cat%0Adog%0Aeel", file_).status, 201);
  const auto added = server_.post_json("/v1/prompts/one/classes", {{"classes", {"eel"}}});
  EXPECT_EQ(added.json()["classes"], nlohmann::json({"cat", "dog", "eel"}));
  EXPECT_EQ(read_text(server_.prompts() / "one.classes.txt"), "cat\ndog\neel\n");
  const auto scores = [&](const std::string& prompt) {
    return server_
        .post_form("/v1/classify", {{"image", testing::demo_picture(0), "x"}, {"prompt", prompt}})
        .json()["images"][0]["scores"];
  };
  const nlohmann::json one = scores("one"), all = scores("all");
  ASSERT_THAT(one, SizeIs(3));
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(one[c]["class"], all[c]["class"]);
    EXPECT_NEAR(one[c]["probability"], all[c]["probability"], 1e-5);
  }
  const auto twice = server_.post_json("/v1/prompts/one/classes", {{"classes", {"cat"}}});
  EXPECT_THAT(twice.detail(), HasSubstr("class 'cat' stands there twice"));
}

TEST_F(PromptRequests, TakeNoNameThatLeadsElsewhere) {
  for (const char* name : {"..%2Fx", ".hidden", "a%20b", "%00", "a%0Ab"}) {
    EXPECT_EQ(put(std::string("/v1/prompts/") + name, file_).status, 422) << name;
  }
  EXPECT_EQ(put("/v1/prompts/" + std::string(65, 'a'), file_).status, 422);
  EXPECT_TRUE(std::filesystem::is_empty(server_.prompts()));
}

TEST_F(PromptRequests, KeepNoMoreThanTheLimit) {
  server::ServerOptions options;
  options.limits.prompts = 1;
  const RunningServer server(model_, options);
  EXPECT_EQ(server.ask("PUT", "/v1/prompts/one", file_).status, 201);
  EXPECT_EQ(server.ask("PUT", "/v1/prompts/two", file_).status, 507);
  EXPECT_EQ(server.ask("PUT", "/v1/prompts/one", file_).status, 200);
}

TEST_F(PromptRequests, ThatChangeSomethingNeedTheTokenWhereThereIsOne) {
  server::ServerOptions options;
  options.token = "correct horse battery";
  const RunningServer server(model_, options);
  const auto put_with = [&](const std::string& authorization) {
    return server.ask("PUT", "/v1/prompts/one", file_, {{"Authorization", authorization}}).status;
  };
  EXPECT_EQ(server.ask("PUT", "/v1/prompts/one", file_).status, 401);
  EXPECT_EQ(put_with("Bearer correct horse batterz"), 401);
  EXPECT_EQ(put_with("Bearer correct horse"), 401);
  EXPECT_EQ(put_with("Bearer "), 401);
  EXPECT_EQ(put_with("Basic correct horse battery"), 401);
  EXPECT_EQ(put_with("Bearer correct horse battery"), 201);
  EXPECT_EQ(server.get("/v1/prompts/one").status, 200);
  EXPECT_EQ(server.get("/v1/model").json()["token_required"], true);
}

TEST(PromptFolder, IsReadAtTheStartWithRunsAndWithoutWhatIsForeign) {
  const Model model = testing::random_model();
  const testing::TemporaryFolder folder;
  save_prompt(unified_prompt(model), folder / "mine.qprompt", kNames);
  save_prompt(unified_prompt(testing::random_model(2)), folder / "foreign.qprompt", kNames);
  save_run(folder / "run", unified_prompt(model), kNames, "{}");
  folder.file("notes.txt", "not a prompt");
  std::vector<std::string> notices;
  server::ServerOptions options;
  options.prompts = folder.path();
  options.notice = [&](const std::string& line) { notices.push_back(line); };
  options.port = 0;
  options.stop = [] { return true; };
  server::serve(model, options);
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_THAT(notices[0], HasSubstr("left out: " + (folder / "foreign.qprompt").string()));
}

}  // namespace
}  // namespace qprompt
