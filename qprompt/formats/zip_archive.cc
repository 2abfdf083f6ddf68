#include "qprompt/formats/zip_archive.h"

#include <zip.h>

#include <mutex>

#include "qprompt/core/error.h"

namespace qprompt {
namespace {

std::string message_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  return message;
}

struct Entry {
  zip_uint64_t index = 0;
  std::size_t size = 0;
  bool stored = false;
};

}  // namespace

struct ZipArchive::Impl {
  explicit Impl(const std::filesystem::path& path);

  const Entry& at(const std::string& name) const;

  std::filesystem::path path;
  std::size_t file_size;
  std::unique_ptr<zip_t, void (*)(zip_t*)> zip{nullptr, zip_discard};
  mutable std::mutex mutex;  // libzip's handles belong to one thread at a time
  std::vector<std::string> names;
  std::map<std::string, Entry> entries;
};

ZipArchive::Impl::Impl(const std::filesystem::path& file)
    : path(file), file_size(std::filesystem::file_size(file)) {
  int code = 0;
  zip.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  require(zip != nullptr, path.string(), ": damaged or truncated zip archive: ", message_of(code));
  const zip_int64_t count = zip_get_num_entries(zip.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t status;
    const bool known = zip_stat_index(zip.get(), i, ZIP_FL_ENC_RAW, &status) == 0;
    require(known && status.name != nullptr, path.string(), ": damaged zip archive: entry ", i);
    names.emplace_back(status.name);
    entries[status.name] = {static_cast<zip_uint64_t>(i), status.size,
                            status.comp_method == ZIP_CM_STORE};
  }
}

const Entry& ZipArchive::Impl::at(const std::string& name) const {
  const auto found = entries.find(name);
  require(found != entries.end(), path.string(), ": no entry '", name, "' in the archive");
  const Entry& entry = found->second;
  require(entry.stored, path.string(), ": entry '", name, "' is compressed, expected it stored as",
          " PyTorch does");
  require(entry.size <= file_size, path.string(), ": entry '", name, "' claims ", entry.size,
          " bytes in a file of ", file_size);
  return entry;
}

ZipArchive::ZipArchive(const std::filesystem::path& path) : impl_(std::make_shared<Impl>(path)) {}

const std::filesystem::path& ZipArchive::path() const { return impl_->path; }
const std::vector<std::string>& ZipArchive::names() const { return impl_->names; }

bool ZipArchive::contains(const std::string& name) const {
  return impl_->entries.find(name) != impl_->entries.end();
}

std::size_t ZipArchive::size(const std::string& name) const { return impl_->at(name).size; }

std::vector<std::byte> ZipArchive::read(const std::string& name) const {
  const Entry& entry = impl_->at(name);
  const std::lock_guard lock(impl_->mutex);
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen_index(impl_->zip.get(), entry.index, 0), zip_fclose);
  require(file != nullptr, impl_->path.string(), ": cannot read entry '", name, "'");
  std::vector<std::byte> bytes(entry.size);
  const zip_int64_t count = zip_fread(file.get(), bytes.data(), bytes.size());
  // The checksum is compared when the end is met.
  std::byte end;
  const bool whole =
      count == static_cast<zip_int64_t>(bytes.size()) && zip_fread(file.get(), &end, 1) == 0;
  require(whole, impl_->path.string(), ": entry '", name, "' is damaged (checksum or size)");
  return bytes;
}

}  // namespace qprompt
