#include "qprompt/data/image_folder.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "qprompt/core/error.h"
#include "qprompt/core/unicode.h"
#include "qprompt/data/image.h"

namespace qprompt {

namespace fs = std::filesystem;

namespace {

// What macOS adds to archives and Synology to folders, copies of the pictures among them, too.
bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "__MACOSX" || name == "@eaDir";
}

std::string extension_of(const fs::path& path) {
  const std::string extension = lower_ascii(path.extension().string());
  return extension.empty() ? "without extension" : extension;
}

// Without following a link that leads nowhere, and without throwing.
std::vector<fs::path> entries_of(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> entries;
  fs::directory_iterator entry(folder, error);
  while (!error && entry != fs::directory_iterator()) {
    if (!is_hidden(entry->path())) entries.push_back(entry->path());
    entry.increment(error);
  }
  std::ranges::sort(entries);  // listings come in the file system's order
  return entries;
}

class Search {
 public:
  FolderContent take() {
    std::ranges::sort(content_.images);
    return std::move(content_);
  }

  void visit(const fs::path& folder) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error) return cannot_be_read(folder, error);
    if (leads_back(real)) {
      ++content_.ignored["links that lead back"];
      return;
    }
    around_.push_back(real);
    for (const fs::path& entry : entries_of(folder, error)) visit_entry(entry);
    around_.pop_back();
    if (error) cannot_be_read(folder, error);
  }

 private:
  // To a folder being visited or to one around it, beyond the folder of the search too.
  bool leads_back(const fs::path& real) const {
    return std::ranges::any_of(around_, [&](const fs::path& path) { return lies_in(path, real); });
  }

  void visit_entry(const fs::path& entry) {
    std::error_code error;
    const fs::file_status status = fs::status(entry, error);
    if (fs::is_directory(status)) return visit(entry);
    if (!fs::is_regular_file(status)) {
      ++content_.ignored[error ? "links that lead nowhere" : "special files"];
    } else if (has_image_extension(entry)) {
      content_.images.push_back(entry);
    } else {
      ++content_.ignored[extension_of(entry)];
    }
  }

  void cannot_be_read(const fs::path& folder, const std::error_code& error) {
    content_.unreadable.push_back(folder.string() + ": cannot be read: " + error.message());
  }

  FolderContent content_;
  std::vector<fs::path> around_;  // the folder being visited and those that it lies in
};

}  // namespace

bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

FolderContent content_below(const fs::path& folder) {
  Search search;
  search.visit(folder);
  return search.take();
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> folders = entries_of(folder, error);
  require(!error, folder.string(), ": cannot be read: ", error.message());
  std::erase_if(folders, [&](const fs::path& path) {
    std::error_code ignored;
    return !fs::is_directory(path, ignored) ||
           lies_in(fs::canonical(folder, ignored), fs::canonical(path, ignored));
  });
  return folders;
}

std::string counts_text(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [what, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  }
  return text;
}

}  // namespace qprompt
