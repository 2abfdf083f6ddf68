#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/paths.h"
#include "qprompt/core/error.h"
#include "qprompt/features/feature_store.h"
#include "qprompt/run/record.h"

namespace qprompt::cli {
namespace {

constexpr char kCacheExamples[] = R"(Examples:
  qprompt cache
  qprompt cache --clear
Image features and class matrices are kept in the user's cache folder ($XDG_CACHE_HOME/qprompt, else
~/.cache/qprompt), so that nothing is computed twice. Commands take --cache DIR for another folder,
--no-cache for none, and --cache-limit for its size.)";

struct CacheArguments {
  std::string folder;
  bool clear = false, json = false;
};

std::filesystem::path folder_of(const CacheArguments& arguments) {
  if (!arguments.folder.empty()) return arguments.folder;
  const auto folder = user_cache_folder();
  require(folder.has_value(), "no cache folder: neither XDG_CACHE_HOME nor HOME is set");
  return *folder;
}

void run_cache(const CacheArguments& arguments) {
  const std::filesystem::path folder = folder_of(arguments);
  const auto bytes = FeatureStore::disk_size(folder).value_or(0);
  // One that is damaged can be cleared too.
  const bool counts = bytes > 0 && !arguments.clear;
  const std::size_t entries = counts ? FeatureStore::open(folder)->entries() : 0;
  if (arguments.clear) FeatureStore::clear(folder);
  if (arguments.json) {
    write_stdout(json_text({{"folder", folder.string()},
                            {"entries", entries},
                            {"bytes", bytes},
                            {"cleared", arguments.clear}}));
    return;
  }
  const double megabytes = static_cast<double>(bytes) / 1e6;
  if (arguments.clear) {
    print("{}: cleared, {:.1f} MB\n", folder.string(), megabytes);
  } else {
    print("{}: {} entries, {:.1f} MB\n", folder.string(), entries, megabytes);
  }
}

}  // namespace

void add_cache_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("cache", "show or clear what was computed once")->footer(kCacheExamples);
  auto arguments = std::make_shared<CacheArguments>();
  command->add_option("--cache", arguments->folder, "another folder than the user's")
      ->type_name("DIR");
  command->add_flag("--clear", arguments->clear, "remove it");
  command->add_flag("--json", arguments->json, "answer as JSON");
  command->callback([arguments] { run_cache(*arguments); });
}

}  // namespace qprompt::cli
