#pragma once

// One field of a config struct (core/fields.h) from text, as flags and presets give it.

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "qprompt/core/fields.h"

namespace qprompt {

// Visits a config's fields and sets the one that is asked for.
class FieldSetter {
 public:
  FieldSetter(std::string_view field, std::string_view text) : field_(field), text_(text) {}

  template <typename T>
  void operator()(std::string_view field, T& value, std::string_view) {
    if (field != field_) return;
    found_ = true;
    read(value);
  }

  bool found() const { return found_; }

 private:
  void read(std::string& value) const { value.assign(text_); }
  void read(bool& value) const {
    require(text_ == "true" || text_ == "false", field_, " '", text_, "', expected true or false");
    value = text_ == "true";
  }
  template <typename Number>
  requires(std::integral<Number> || std::floating_point<Number>) void read(Number& value) const {
    const char* const end = text_.data() + text_.size();
    const auto result = std::from_chars(text_.data(), end, value);
    require(result.ec == std::errc() && result.ptr == end, field_, " '", text_, "', expected ",
            std::integral<Number> ? "an integer" : "a number");
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void read(Enum& value) const {
    try {
      value = enum_from_name<Enum>(text_);
    } catch (const Error& error) {
      fail(field_, " ", error.what());
    }
  }

  std::string_view field_, text_;
  bool found_ = false;
};

// False where the config has no such field. Throws Error for text that is no value of it.
template <typename Config>
bool set_field(Config& config, std::string_view field, std::string_view text) {
  FieldSetter setter(field, text);
  config.visit_fields(setter);
  return setter.found();
}

}  // namespace qprompt
