#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "qprompt/core/error.h"
#include "qprompt/core/file.h"
#include "server/server.h"

namespace qprompt::cli {
namespace {

constexpr char kServeExamples[] = R"(Examples:
  qprompt serve --model openai/clip-vit-base-patch16 --prompts prompts
  qprompt serve --model M --prompts prompts --port 9000 --token-file token
  curl -F image=@photo.jpg -F 'classes=<names.txt' http://127.0.0.1:8080/v1/classify
A page is at http://127.0.0.1:8080/, and what can be asked at /openapi.json (docs/server.md). Only
this machine can reach it unless --address says otherwise; TLS is the work of a proxy before it.)";

struct ServeArguments {
  ModelArguments model;
  server::ServerOptions options;
  std::string prompts, token_file;
};

// A token that others can guess is none.
std::string token_in(const std::string& file) {
  constexpr std::size_t kShortest = 16;
  std::string token = read_text(file);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const bool is_printable = token.find_first_of(" \t\r\n") == token.npos;
  require(token.size() >= kShortest && is_printable, file, ": a token of ", token.size(),
          " characters, expected one line of at least ", kShortest, " without blanks");
  return token;
}

void require_valid(const server::ServerOptions& options) {
  const auto at_least_one = [](const std::string& field, int value, const std::string&) {
    const bool may_be_0 = field == "max_wait_ms" || field == "drain_timeout";
    if (value >= (may_be_0 ? 0 : 1)) return;
    throw CLI::ValidationError(flag_name(field) + " " + std::to_string(value) + ", expected " +
                               (may_be_0 ? "0" : "1") + " or more");
  };
  server::ServerOptions copy = options;
  copy.limits.visit_fields(at_least_one);
  copy.batching.visit_fields(at_least_one);
  copy.patience.visit_fields(at_least_one);
}

void run_serve(ServeArguments& arguments) {
  server::ServerOptions& options = arguments.options;
  require_valid(options);
  if (!arguments.token_file.empty()) options.token = token_in(arguments.token_file);
  // Of a folder its name: who opens the page need not know where it lies.
  const std::filesystem::path place(arguments.model.model);
  options.model_name =
      std::filesystem::exists(place) ? place.filename().string() : arguments.model.model;
  options.prompts = arguments.prompts;
  options.stop = [] { return interrupted(); };
  options.notice = [](const std::string& line) { tell("{}", line); };
  if (!progress_is_silent()) options.access = [](const std::string& line) { tell("{}", line); };
  const Model model = arguments.model.load(TowerUse::kOften);
  options.on_listening = [&](int port) {
    const bool is_six = options.address.find(':') != std::string::npos;
    tell("{} at http://{}:{}/, prompts in {}", arguments.model.model,
         is_six ? "[" + options.address + "]" : options.address, port, arguments.prompts);
  };
  server::serve(model, options);
}

template <typename Fields>
void add_number_flags(CLI::App& command, Fields& fields) {
  fields.visit_fields([&](const std::string& field, int& value, const std::string& help) {
    command.add_option(flag_name(field), value, help)->type_name("N")->capture_default_str();
  });
}

void add_place_flags(CLI::App& command, ServeArguments& arguments) {
  server::ServerOptions& options = arguments.options;
  command
      .add_option("--prompts", arguments.prompts,
                  "folder of prompt files and runs, which is made where there is none")
      ->required()
      ->type_name("DIR");
  command.add_option("--port", options.port, "0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--address", options.address,
                  "of this machine; 0.0.0.0 is asked by everybody who can reach it")
      ->type_name("IP")
      ->capture_default_str();
  command
      .add_option("--allow-host", options.hosts,
                  "another name by which it is called, such as that of a proxy before it")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command
      .add_option("--token-file", arguments.token_file,
                  "file with the token that requests have to show which change something")
      ->type_name("FILE");
}

}  // namespace

void add_serve_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("serve", "answer HTTP requests, with a page for people")
                          ->footer(kServeExamples);
  auto arguments = std::make_shared<ServeArguments>();
  arguments->model.add_to(*command);
  add_place_flags(*command, *arguments);
  start_group(*command, "Limits");
  add_number_flags(*command, arguments->options.limits);
  start_group(*command, "Waiting");
  add_number_flags(*command, arguments->options.batching);
  add_number_flags(*command, arguments->options.patience);
  show_first(*command, {"model", "prompts", "port", "address", "token-file", "max-batch"});
  command->callback([arguments] { run_serve(*arguments); });
}

}  // namespace qprompt::cli
