// SPDX-License-Identifier: GPL-2.0-only
#include "catalog/reader.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::catalog {

void Reader::fault(const std::string& what) {
  good_ = false;
  faults_.push_back({file_, table_.source().begin.line, fmt::format("[{}] {}", kind_, what)});
}

const toml::node* Reader::take(const std::string& key, Need need) {
  taken_.insert(key);
  const toml::node* node = table_.get(key);
  if (node == nullptr && need == Need::must)
    fault(fmt::format("'{}' is missing", key));
  return node;
}

std::string Reader::text(const std::string& key, Need need) {
  const toml::node* node = take(key, need);
  if (node == nullptr)
    return "";
  const auto value = node->value_exact<std::string>();
  if (!value)
    fault(fmt::format("'{}' is no text", key));
  return value.value_or("");
}

std::string Reader::word(const std::string& key, std::initializer_list<const char*> words,
                         Need need) {
  std::string value = text(key, need);
  const bool allowed = std::find(words.begin(), words.end(), value) != words.end();
  if (!allowed && !(value.empty() && need == Need::may) && table_.contains(key))
    fault(fmt::format("'{}' is '{}', not one of: {}", key, value, fmt::join(words, ", ")));
  return value;
}

int Reader::number(const std::string& key, int otherwise) {
  const toml::node* node = take(key, Need::may);
  if (node == nullptr)
    return otherwise;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < 0 || *value > 1000)
    fault(fmt::format("'{}' is no number from 0 to 1000", key));
  return static_cast<int>(value.value_or(0));
}

bool Reader::flag(const std::string& key) {
  const toml::node* node = take(key, Need::may);
  if (node != nullptr && !node->is_boolean())
    fault(fmt::format("'{}' is neither true nor false", key));
  return node != nullptr && node->value_or(false);
}

Version Reader::version(const std::string& key, Need need) {
  const std::string value = text(key, need);
  const Version version = parse_version(value);
  if (!value.empty() && !version.known())
    fault(fmt::format("'{}' is '{}', not a version", key, value));
  return version;
}

std::vector<std::string> Reader::list(const std::string& key, Need need) {
  const toml::node* node = take(key, need);
  std::vector<std::string> out;
  if (node == nullptr)
    return out;
  const toml::array* array = node->as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::string)) {
    if (array == nullptr || !array->empty())
      fault(fmt::format("'{}' is no list of texts", key));
    return out;
  }
  for (const toml::node& item : *array)
    out.push_back(item.value_or(std::string()));
  return out;
}

std::map<std::string, std::string> Reader::map(const std::string& key) {
  std::map<std::string, std::string> out;
  const toml::table* entries = table(key);
  if (entries == nullptr)
    return out;
  for (const auto& [name, node] : *entries) {
    const auto value = node.value_exact<std::string>();
    if (!value)
      fault(fmt::format("'{}.{}' is no text", key, std::string_view(name)));
    out.emplace(name, value.value_or(""));
  }
  return out;
}

const toml::table* Reader::table(const std::string& key) {
  const toml::node* node = take(key, Need::may);
  if (node != nullptr && !node->is_table())
    fault(fmt::format("'{}' is no table", key));
  return node == nullptr ? nullptr : node->as_table();
}

std::vector<const toml::table*> Reader::tables(const std::string& key) {
  const toml::node* node = take(key, Need::may);
  std::vector<const toml::table*> out;
  if (node == nullptr)
    return out;
  const toml::array* array = node->as_array();
  if (array == nullptr)
    fault(fmt::format("'{}' is no list", key));
  for (std::size_t i = 0; array != nullptr && i < array->size(); i++) {
    out.push_back(array->get_as<toml::table>(i));
    if (out.back() == nullptr) {
      fault(fmt::format("'{}' is no list of tables", key));
      out.pop_back();
    }
  }
  return out;
}

bool Reader::finish() {
  for (const auto& [key, node] : table_)
    if (!taken_.contains(std::string(key.str())))
      fault(fmt::format("nobody knows '{}'", std::string_view(key)));
  return good_;
}

} // namespace inst::catalog
