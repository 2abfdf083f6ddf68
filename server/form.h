#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qprompt/data/image_source.h"
#include "server/http.h"
#include "server/multipart.h"

namespace qprompt::server {

// What a request says: the query's parameters and a multipart body's fields, as one; its files. A
// body of another type is one file, named `bare`. Whatever is not read is refused at the end.
class Form {
 public:
  // `most_files`: of a multipart body, beside its fields.
  Form(std::shared_ptr<const Request> request, const std::string& bare, std::size_t most_files);

  // Nothing where it is absent or empty.
  std::optional<std::string> text(const std::string& name);
  int integer(const std::string& name, int fallback, int low, int high);
  double number(const std::string& name, double fallback, double low, double high);
  bool flag(const std::string& name);  // "true", "false"; absent: false
  // One a line, without empty ones.
  std::optional<std::vector<std::string>> lines(const std::string& name);

  // Files of that name, in their order.
  std::vector<Part> files(const std::string& name);
  // Those whose names begin so, with the rest of the name.
  std::vector<std::pair<std::string, Part>> files_below(const std::string& prefix);

  // Throws Problem 400 naming a parameter or file that nobody asked for, and the nearest name.
  void require_all_read() const;

  // The request lives as long as the image.
  ImageSource image(const Part& file) const;

 private:
  void add_part(Part part);

  std::shared_ptr<const Request> request_;
  std::map<std::string, std::string> texts_;
  std::vector<Part> files_;
  std::vector<std::string> asked_;    // names that may stand in such a request
  std::map<std::string, bool> read_;  // of texts and files
};

}  // namespace qprompt::server
