// SPDX-License-Identifier: GPL-2.0-only
#include "cli.hh"

#include <algorithm>
#include <fmt/format.h>

namespace scstadm {

namespace {

constexpr unsigned kIn = kDriver | kTarget; ///< something in a target

const std::vector<OptionRow> kTable = {
    // verbs that read
    {"check_config", Value::Optional, true, true, 0, "[FILE]  check a configuration file"},
    {"list_handler", Value::Optional, true, true, 0, "[H]  handlers, or the devices of one"},
    {"list_device", Value::Optional, true, true, 0, "[D]  devices, or the attributes of one"},
    {"list_driver", Value::Optional, true, true, 0, "[D]  target drivers"},
    {"list_target", Value::Optional, true, true, 0, "[T]  targets"},
    {"list_group", Value::Optional, true, true, 0, "[G]  LUNs, groups and initiators of targets"},
    {"list_sessions", Value::None, true, true, 0, "sessions of all targets"},
    {"list_scst_attr", Value::None, true, true, 0, "attributes of the core"},
    {"list_hnd_attr", Value::Required, true, true, 0, "H  attributes of a handler"},
    {"list_dev_attr", Value::Required, true, true, 0, "D  attributes of a device"},
    {"list_drv_attr", Value::Required, true, true, 0, "D  attributes of a target driver"},
    {"list_tgt_attr", Value::Required, true, true, kDriver, "T  attributes of a target"},
    {"list_grp_attr", Value::Required, true, true, kIn, "G  attributes of a group"},
    {"list_lun_attr", Value::Required, true, true, kIn, "N  attributes of a LUN"},
    {"write_config", Value::Required, true, true, 0, "FILE  save the live configuration"},
    // verbs that change
    {"config", Value::Optional, true, false, 0, "[FILE]  apply a file (default /etc/scst.conf)"},
    {"clear_config", Value::None, true, false, 0, "remove everything (needs -force)"},
    {"open_dev", Value::Required, true, false, kHandler, "D  create a device"},
    {"close_dev", Value::Required, true, false, kHandler, "D  remove a device"},
    {"resync_dev", Value::Required, true, false, 0, "D  look for a new size of the device"},
    {"add_target", Value::Required, true, false, kDriver, "T  create a target"},
    {"rem_target", Value::Required, true, false, kDriver, "T  remove a target"},
    {"enable_target", Value::Required, true, false, kDriver, "T  let initiators in"},
    {"disable_target", Value::Required, true, false, kDriver, "T  keep initiators out"},
    {"add_group", Value::Required, true, false, kIn, "G  create a group of initiators"},
    {"rem_group", Value::Required, true, false, kIn, "G  remove a group"},
    {"add_init", Value::Required, true, false, kIn | kGroup, "I  add an initiator to a group"},
    {"rem_init", Value::Required, true, false, kIn | kGroup, "I  remove an initiator from it"},
    {"move_init", Value::Required, true, false, kIn | kGroup | kTo, "I  move it to group -to"},
    {"clear_inits", Value::None, true, false, kIn | kGroup, "remove all initiators of a group"},
    {"add_lun", Value::Required, true, false, kIn | kDevice, "N  map a device"},
    {"replace_lun", Value::Required, true, false, kIn | kDevice, "N  map another device"},
    {"rem_lun", Value::Required, true, false, kIn, "N  unmap a device"},
    {"clear_luns", Value::None, true, false, kIn, "unmap all"},
    {"set_scst_attr", Value::None, true, false, kAttributes, "set attributes of the core"},
    {"set_hnd_attr", Value::Required, true, false, kAttributes, "H  … of a handler"},
    {"set_dev_attr", Value::Required, true, false, kAttributes, "D  … of a device"},
    {"set_drv_attr", Value::Required, true, false, kAttributes, "D  … of a target driver"},
    {"set_tgt_attr", Value::Required, true, false, kDriver | kAttributes, "T  … of a target"},
    {"set_grp_attr", Value::Required, true, false, kIn | kAttributes, "G  … of a group"},
    {"set_lun_attr", Value::Required, true, false, kIn | kAttributes, "N  … of a LUN"},
    {"add_drv_attr", Value::Required, true, false, kAttributes, "D  add a dynamic attribute"},
    {"rem_drv_attr", Value::Required, true, false, kAttributes, "D  remove one"},
    {"add_tgt_attr", Value::Required, true, false, kDriver | kAttributes, "T  add one to a target"},
    {"rem_tgt_attr", Value::Required, true, false, kDriver | kAttributes, "T  remove one"},
    // modifiers
    {"driver", Value::Required, false, false, 0, "D  target driver: iscsi, scst_local …"},
    {"target", Value::Required, false, false, 0, "T  target"},
    {"group", Value::Required, false, false, 0, "G  group of initiators"},
    {"device", Value::Required, false, false, 0, "D  device"},
    {"handler", Value::Required, false, false, 0, "H  handler: vdisk_fileio …"},
    {"to", Value::Required, false, false, 0, "G  destination of -move_init"},
    {"attributes", Value::Required, false, false, 0, "A=V,A=V  \\, is a comma in a value"},
    {"force", Value::None, false, false, 0, "remove, move and replace what differs"},
    {"noprompt", Value::None, false, false, 0, "ask no questions"},
    {"nonkey", Value::None, false, false, 0, "also attributes that are at their default"},
    {"cont_on_err", Value::None, false, false, 0, "go on after an error"},
    {"dry_run", Value::None, false, false, 0, "print what would be done, change nothing"},
    {"debug", Value::None, false, false, 0, nullptr},
    {"no_lip", Value::None, false, false, 0, nullptr},
    {"lip", Value::None, false, false, 0, nullptr},
    {"help", Value::None, false, false, 0, "print this text"},
    {"version", Value::None, false, false, 0, "print the version"},
};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c | 0x20);
  return text;
}

/// The option of that name, or the only one that begins with it.
const OptionRow* find_option(const std::string& name, std::string& error) {
  const OptionRow* found = nullptr;
  std::string others;
  for (const OptionRow& row : kTable) {
    if (name == row.name)
      return &row;
    if (name.empty() || !std::string_view(row.name).starts_with(name))
      continue;
    others += fmt::format("{}-{}", others.empty() ? "" : ", ", row.name);
    if (found)
      error = fmt::format("-{} may be {}: write more of it", name, others);
    else
      found = &row;
  }
  if (!found)
    error = fmt::format("there is no option -{}: see scstadmin -help", name);
  return error.empty() ? found : nullptr;
}

std::string missing(const Command& c, const CommandLine& line) {
  static constexpr struct {
    unsigned bit;
    const char* name;
  } kCompanions[] = {{kDriver, "driver"},        {kTarget, "target"},   {kGroup, "group"},
                     {kDevice, "device"},        {kHandler, "handler"}, {kTo, "to"},
                     {kAttributes, "attributes"}};
  std::string names;
  for (const auto& [bit, name] : kCompanions)
    if ((c.row->needs & bit) && line.get(name).empty())
      names += fmt::format("{}-{}", names.empty() ? "" : " and ", name);
  return names.empty() ? names : fmt::format("Please specify {} with -{}.", names, c.row->name);
}

void check(CommandLine& line) {
  auto changes = std::count_if(line.verbs.begin(), line.verbs.end(),
                               [](const Command& c) { return !c.row->query; });
  if (changes > 1 || (changes == 1 && line.verbs.size() > 1))
    line.error = "Please specify one operation at a time; only -list options go together.";
  for (const Command& c : line.verbs)
    if (line.error.empty())
      line.error = missing(c, line);
  if (line.error.empty() && line.verbs.empty() && !line.has("help") && !line.has("version"))
    line.error = "Please specify an operation: see scstadmin -help";
}

} // namespace

const std::vector<OptionRow>& option_table() {
  return kTable;
}

std::string CommandLine::get(const std::string& name) const {
  auto it = modifiers.find(name);
  return it == modifiers.end() ? std::string() : it->second;
}

CommandLine parse_command_line(const std::vector<std::string>& words) {
  CommandLine line;
  for (std::size_t i = 0; i < words.size() && line.error.empty(); i++) {
    std::string word = words[i];
    if (word == "-h" || word == "-?")
      word = "-help";
    if (word.size() < 2 || word[0] != '-') {
      line.error = fmt::format("\"{}\" belongs to no option: see scstadmin -help", word);
      break;
    }
    word.erase(0, word.starts_with("--") ? 2 : 1);
    const std::size_t eq = word.find('=');
    const OptionRow* row = find_option(lower(word.substr(0, eq)), line.error);
    if (!row)
      break;
    std::string value;
    bool given = eq != std::string::npos;
    if (given)
      value = word.substr(eq + 1);
    else if (row->value != Value::None && i + 1 < words.size() && !words[i + 1].starts_with("-")) {
      value = words[++i];
      given = true;
    }
    if (row->value == Value::Required && value.empty())
      line.error = fmt::format("Please specify a value for -{}.", row->name);
    else if (row->value == Value::None && given)
      line.error = fmt::format("-{} takes no value.", row->name);
    else if (row->verb)
      line.verbs.push_back({row, value});
    else
      line.modifiers[row->name] = value;
  }
  if (line.has("debug"))
    line.modifiers["dry_run"] = "";
  if (line.error.empty())
    check(line);
  return line;
}

std::optional<std::vector<Attribute>> parse_attributes(std::string_view text) {
  std::vector<Attribute> all;
  std::string name, value;
  bool in_value = false, quoted = false, any = false;
  auto finish = [&] {
    if (name.empty())
      return false;
    all.push_back({name, in_value ? value : "1", true, true, {}});
    name.clear();
    value.clear();
    in_value = false;
    return true;
  };
  for (std::size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    any = true;
    if (c == '\\' && i + 1 < text.size()) {
      (in_value ? value : name) += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      if (!finish())
        return std::nullopt;
    } else if (c == '=' && !in_value && !quoted) {
      in_value = true;
    } else {
      (in_value ? value : name) += c;
    }
  }
  if (quoted || !any || !finish())
    return std::nullopt;
  return all;
}

std::string usage() {
  std::string text =
      "Usage: scstadmin OPERATION [MODIFIERS]\n"
      "One or two dashes, any unique beginning of a name, any case.\n\nOperations:\n";
  bool verbs = true;
  for (const OptionRow& row : kTable) {
    if (verbs && !row.verb)
      text += "\nModifiers:\n";
    verbs = row.verb;
    if (row.help)
      text += fmt::format("  -{:<15} {}\n", row.name, row.help);
  }
  return text + "\nSee scstadmin(1) and scst.conf(5).\n";
}

} // namespace scstadm
