// SPDX-License-Identifier: GPL-2.0-only
#include "diff.hh"

#include "copy_manager.hh"
#include "sysfs_read.hh"

#include "mgmt_line.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace scstadm {

namespace {

const std::vector<std::string> kLunParameters = {"read_only"};

class Comparison {
public:
  Comparison(const Node& wanted, const Node& live, bool force)
      : wanted_(wanted), live_(live), force_(force) {}

  /// The order matters: users of an object go before it, and come after it.
  Diff run() {
    find_recreated();
    remove_targets();
    set_attributes(wanted_, live_, "", "", nullptr);
    handlers();
    drivers();
    remove_devices();
    device_groups();
    switches();
    return std::move(out_);
  }

private:
  /// Devices whose creation parameters differ, to be made anew.
  void find_recreated() {
    for (const Node& h : wanted_.children) {
      const Node* live_h = h.kind == Kind::Handler ? live_.find(h.kind, h.name) : nullptr;
      for (const Node& d : h.children)
        if (const Node* live_d = live_h ? live_h->find(Kind::Device, d.name) : nullptr)
          if (force_ && differs_for_good(d, *live_d, live_h->create))
            recreated_.insert(d.name);
    }
  }

  static bool differs_for_good(const Node& wanted, const Node& live,
                               const std::vector<std::string>& create) {
    return std::any_of(wanted.attributes.begin(), wanted.attributes.end(), [&](const Attribute& a) {
      const Attribute* now = live.attribute(a.name);
      return now && !now->writable && contains(create, a.name) && !same_value(now->value, a.value);
    });
  }

  void add(std::string what, std::string path, std::string text, const Place& place = {},
           std::string object = {}, std::string needs = {}) {
    out_.operations.push_back({std::move(what), std::move(path), std::move(text), std::move(object),
                               false, place, std::move(needs)});
  }
  void set(const std::string& of, const std::string& folder, const Attribute& a) {
    const std::string path = folder.empty() ? a.name : folder + "/" + a.name;
    out_.operations.push_back({fmt::format("set {} of {} to \"{}\"", a.name, of, a.value),
                               path,
                               a.value,
                               {},
                               true,
                               a.place,
                               {}});
  }
  void leave(const std::string& text) { out_.left_alone.push_back(text); }
  void error(const Place& place, const std::string& text) {
    out_.errors.push_back(to_text(place) + text);
  }

  /// Removal with force, a note without it.
  void remove(const std::string& what, const std::string& path, const std::string& text) {
    if (force_)
      add("remove " + what, path, text);
    else
      leave(what + " is not in the file");
  }

  // Drivers and targets that are not wanted. A driver cannot be removed, only switched off.
  void remove_targets() {
    for (const Node& driver : live_.children) {
      if (driver.kind != Kind::Driver)
        continue;
      const Node* w = wanted_.find(Kind::Driver, driver.name);
      if (!w && force_)
        switch_off(driver, driver_path(driver.name));
      for (const Node& target : driver.children)
        if (!w || !w->find(Kind::Target, target.name))
          remove_target(driver, target);
    }
  }

  void switch_off(const Node& object, const std::string& folder) {
    const Attribute* enabled = object.attribute("enabled");
    if (enabled && enabled->value != "0")
      set(title(object), folder, {"enabled", "0", true, true, {}});
  }

  void remove_target(const Node& driver, const Node& target) {
    if (is_copy_manager(driver))
      return;
    const std::string what = fmt::format("{} of {}", title(target), title(driver));
    if (!force_ && !target.hardware)
      leave(what + " is not in the file");
    if (!force_)
      return;
    const std::string folder = target_path(driver.name, target.name);
    switch_off(target, folder);
    if (!target.hardware) {
      add("remove " + what, driver_path(driver.name) + "/mgmt", "del_target " + target.name);
      return;
    }
    Node empty;
    empty.kind = Kind::Target;
    members(empty, &target, driver.name, target.name);
  }

  void handlers() {
    for (const Node& h : wanted_.children) {
      if (h.kind != Kind::Handler)
        continue;
      const Node* live_h = live_.find(Kind::Handler, h.name);
      if (!live_h) {
        error(h.place, fmt::format("there is no handler {}: is its module loaded?", h.name));
        continue;
      }
      const std::string mgmt = handler_path(h.name) + "/mgmt";
      set_attributes(h, *live_h, handler_path(h.name), mgmt, &live_h->dynamic);
      for (const Node& d : h.children)
        device(d, *live_h, mgmt);
    }
  }

  void device(const Node& d, const Node& handler, const std::string& mgmt) {
    const Node* now = handler.find(Kind::Device, d.name);
    if (now && !recreated_.contains(d.name)) {
      set_attributes(d, *now, device_path(d.name), mgmt, &handler.dynamic_child);
      return;
    }
    if (now) {
      remove_luns_of(d.name);
      add(fmt::format("remove {}, to create it anew", title(d)), mgmt, "del_device " + d.name);
    }
    const std::string rest = parameters(d.attributes, handler.create);
    add(fmt::format("add {} to {}", title(d), title(handler)), mgmt,
        "add_device " + d.name + (rest.empty() ? "" : " " + rest), d.place, device_path(d.name));
    for (const Attribute& a : d.attributes)
      if (!contains(handler.create, a.name))
        set(title(d), device_path(d.name), a);
  }

  /// Explicit, so that no initiator sees a LUN change its device silently.
  void remove_luns_of(const std::string& device) {
    for (const Node& driver : live_.children)
      for (const Node& target : driver.children) {
        if (target.kind != Kind::Target)
          continue;
        remove_luns_of(device, target, target_path(driver.name, target.name));
        for (const Node& g : target.children)
          if (g.kind == Kind::Group)
            remove_luns_of(device, g, group_path(driver.name, target.name, g.name));
      }
  }
  void remove_luns_of(const std::string& device, const Node& owner, const std::string& folder) {
    for (const Node& lun : owner.children)
      if (lun.kind == Kind::Lun && lun.device == device &&
          !removed_.contains(folder + "/" + lun.name)) {
        add(fmt::format("remove {} of {}", title(lun), title(owner)), folder + "/luns/mgmt",
            "del " + lun.name);
        removed_.insert(folder + "/" + lun.name);
      }
  }

  void drivers() {
    for (const Node& d : wanted_.children) {
      if (d.kind != Kind::Driver)
        continue;
      const Node* live_d = live_.find(Kind::Driver, d.name);
      if (!live_d) {
        error(d.place, fmt::format("there is no target driver {}: is its module loaded?", d.name));
        continue;
      }
      const std::string mgmt = driver_path(d.name) + "/mgmt";
      set_attributes(d, *live_d, driver_path(d.name), mgmt, &live_d->dynamic);
      for (const Node& t : d.children)
        target(t, d, *live_d, mgmt);
    }
  }

  void target(const Node& t, const Node& driver, const Node& live_driver, const std::string& mgmt) {
    const Node* now = live_driver.find(Kind::Target, t.name);
    const std::string folder = target_path(driver.name, t.name);
    if (now) {
      set_attributes(t, *now, folder, mgmt, &live_driver.dynamic_child);
    } else if (t.hardware || !live_driver.has_mgmt) {
      error(t.place, fmt::format("{} is not there, and {} cannot create targets: is the hardware "
                                 "in place?",
                                 title(t), title(driver)));
      return;
    } else {
      add_target(t, driver, live_driver, folder, mgmt);
    }
    if (is_copy_manager(driver) && now)
      copy_manager_luns(t, *now, folder);
    else
      members(t, now, driver.name, t.name);
  }

  /// LUNs that come by themselves, of devices that are made before this too, have no number yet
  /// by which they could be removed: all go, and those that are wanted come back.
  void copy_manager_luns(const Node& t, const Node& now, const std::string& folder) {
    const bool anew = has_unwanted(t, wanted_, live_);
    if (anew)
      add("clear the LUNs of " + title(t), folder + "/luns/mgmt", "clear", t.place);
    for (const Node& lun : t.children)
      if (lun.kind == Kind::Lun)
        one_lun(lun, t, anew ? nullptr : &now, folder, folder + "/luns/mgmt");
  }

  void add_target(const Node& t, const Node& driver, const Node& live_driver,
                  const std::string& folder, const std::string& mgmt) {
    // What may be added later is added later, by its own command.
    std::vector<std::string> create;
    for (const std::string& name : live_driver.create)
      if (!contains(live_driver.dynamic_child, name))
        create.push_back(name);
    const std::string rest = parameters(t.attributes, create);
    add(fmt::format("add {} to {}", title(t), title(driver)), mgmt,
        "add_target " + t.name + (rest.empty() ? "" : " " + rest), t.place, folder);
    for (const Attribute& a : t.attributes) {
      const std::string base(base_name(a.name));
      if (contains(live_driver.dynamic_child, base))
        add_dynamic(t, a, base, mgmt);
      else if (a.name != "enabled" && !contains(create, a.name))
        set(title(t), folder, a);
    }
  }

  void add_dynamic(const Node& of, const Attribute& a, const std::string& base,
                   const std::string& mgmt) {
    const std::string verb = of.kind == Kind::Target   ? "add_target_attribute " + of.name
                             : of.kind == Kind::Device ? "add_device_attribute " + of.name
                                                       : "add_attribute";
    // No value in the text of the message: it may be a secret.
    add(fmt::format("add {} to {}", base, title(of)), mgmt,
        fmt::format("{} {} {}", verb, base, a.value), a.place);
  }

  void remove_dynamic(const Node& of, const Attribute& a, const std::string& base,
                      const std::string& mgmt) {
    const std::string verb = of.kind == Kind::Target   ? "del_target_attribute " + of.name
                             : of.kind == Kind::Device ? "del_device_attribute " + of.name
                                                       : "del_attribute";
    remove(fmt::format("{} of {}", base, title(of)), mgmt,
           fmt::format("{} {} {}", verb, base, a.value));
  }

  /// Attributes of an object that exists, but for the switch `enabled`.
  void set_attributes(const Node& wanted, const Node& now, const std::string& folder,
                      const std::string& mgmt, const std::vector<std::string>* dynamic) {
    for (const Attribute& a : wanted.attributes) {
      const std::string base(base_name(a.name));
      if (dynamic && contains(*dynamic, base)) {
        if (!has_value(now, base, a.value))
          add_dynamic(wanted, a, base, mgmt);
      } else if (a.name != "enabled") {
        set_one(wanted, now, folder, a);
      }
    }
    for (const Attribute& a : now.attributes) {
      const std::string base(base_name(a.name));
      if (dynamic && contains(*dynamic, base) && a.key && !has_value(wanted, base, a.value))
        remove_dynamic(now, a, base, mgmt);
    }
  }

  static bool has_value(const Node& node, const std::string& base, const std::string& value) {
    return std::any_of(node.attributes.begin(), node.attributes.end(), [&](const Attribute& a) {
      return base_name(a.name) == base && a.value == value;
    });
  }

  void set_one(const Node& wanted, const Node& now, const std::string& folder, const Attribute& a) {
    const Attribute* current = now.attribute(a.name);
    if (!current)
      error(a.place, fmt::format("{} has no attribute {}: correct the name or remove the line",
                                 title(wanted), a.name));
    else if (same_value(current->value, a.value))
      return;
    else if (current->writable)
      set(title(wanted), folder, a);
    else
      leave(fmt::format("{}{} of {} is \"{}\" and cannot change while it exists", to_text(a.place),
                        a.name, title(wanted), current->value));
  }

  /// LUNs, groups and initiators of a target; `now` null: it is new.
  void members(const Node& t, const Node* now, const std::string& driver,
               const std::string& target) {
    luns(t, now, group_path(driver, target, ""));
    const std::string mgmt = group_path(driver, target, "") + "/ini_groups/mgmt";
    if (now)
      for (const Node& g : now->children)
        if (g.kind == Kind::Group && !t.find(Kind::Group, g.name))
          remove_group(g, driver, target, mgmt);
    for (const Node& g : t.children)
      if (g.kind == Kind::Group)
        group(g, now, driver, target, mgmt);
  }

  void remove_group(const Node& g, const std::string& driver, const std::string& target,
                    const std::string& mgmt) {
    if (force_) {
      // Emptied first: what has no initiator any more has no session either.
      add(fmt::format("clear the initiators of {}", title(g)),
          group_path(driver, target, g.name) + "/initiators/mgmt", "clear");
    }
    remove(fmt::format("{} of target {}", title(g), target), mgmt, "del " + g.name);
  }

  void group(const Node& g, const Node* live_target, const std::string& driver,
             const std::string& target, const std::string& mgmt) {
    const Node* now = live_target ? live_target->find(Kind::Group, g.name) : nullptr;
    const std::string folder = group_path(driver, target, g.name);
    if (!now) {
      add(fmt::format("add {} to target {}", title(g), target), mgmt, "create " + g.name, g.place,
          folder);
      for (const Attribute& a : g.attributes)
        set(title(g), folder, a);
    } else {
      set_attributes(g, *now, folder, mgmt, nullptr);
    }
    luns(g, now, folder);
    initiators(g, now, live_target, folder, group_path(driver, target, "") + "/ini_groups");
  }

  void luns(const Node& owner, const Node* now, const std::string& folder) {
    const std::string mgmt = folder + "/luns/mgmt";
    if (now)
      for (const Node& lun : now->children)
        if (lun.kind == Kind::Lun && !owner.find(Kind::Lun, lun.name) &&
            !removed_.contains(folder + "/" + lun.name)) {
          remove(fmt::format("{} of {}", title(lun), title(*now)), mgmt, "del " + lun.name);
          removed_.insert(folder + "/" + lun.name);
        }
    for (const Node& lun : owner.children)
      if (lun.kind == Kind::Lun)
        one_lun(lun, owner, now, folder, mgmt);
  }

  void one_lun(const Node& lun, const Node& owner, const Node* now, const std::string& folder,
               const std::string& mgmt) {
    const Node* live_lun = now ? now->find(Kind::Lun, lun.name) : nullptr;
    if (removed_.contains(folder + "/" + lun.name))
      live_lun = nullptr;
    const std::string rest = parameters(lun.attributes, kLunParameters);
    const std::string text = lun.device + " " + lun.name + (rest.empty() ? "" : " " + rest);
    if (live_lun && live_lun->device == lun.device &&
        !differs_for_good(lun, *live_lun, kLunParameters)) {
      set_attributes(lun, *live_lun, folder + "/luns/" + lun.name, mgmt, nullptr);
    } else if (!live_lun) {
      add(fmt::format("add {} ({}) to {}", title(lun), lun.device, title(owner)), mgmt,
          "add " + text, lun.place, folder + "/luns/" + lun.name, "devices/" + lun.device);
    } else if (force_) {
      add(fmt::format("replace {} of {} by {}", title(lun), title(owner), lun.device), mgmt,
          "replace " + text, lun.place, {}, "devices/" + lun.device);
    } else {
      leave(fmt::format("{}{} of {} is mapped to {} otherwise", to_text(lun.place), title(lun),
                        title(owner), live_lun->device));
    }
  }

  void initiators(const Node& g, const Node* now, const Node* live_target,
                  const std::string& folder, const std::string& groups) {
    const std::string mgmt = folder + "/initiators/mgmt";
    if (now)
      for (const Node& i : now->children)
        if (i.kind == Kind::Initiator && !g.find(Kind::Initiator, i.name) &&
            !is_wanted_elsewhere(i, g))
          remove(fmt::format("{} of {}", title(i), title(g)), mgmt, "del " + i.name);
    for (const Node& i : g.children) {
      if (i.kind != Kind::Initiator || (now && now->find(Kind::Initiator, i.name)))
        continue;
      const Node* other = live_target ? group_with(*live_target, i.name) : nullptr;
      if (!other)
        add(fmt::format("add {} to {}", title(i), title(g)), mgmt, "add " + i.name, i.place);
      else if (force_)
        add(fmt::format("move {} from {} to {}", title(i), title(*other), title(g)),
            groups + "/" + other->name + "/initiators/mgmt", "move " + i.name + " " + g.name,
            i.place);
      else
        leave(fmt::format("{}{} is in {}", to_text(i.place), title(i), title(*other)));
    }
  }

  /// The group of the wanted target that an initiator is to be moved to.
  bool is_wanted_elsewhere(const Node& initiator, const Node& group) const {
    for (const Node& driver : wanted_.children)
      for (const Node& t : driver.children)
        if (std::any_of(t.children.begin(), t.children.end(),
                        [&](const Node& g) { return &g == &group; }))
          return group_with(t, initiator.name) != nullptr;
    return false;
  }

  static const Node* group_with(const Node& target, const std::string& initiator) {
    for (const Node& g : target.children)
      if (g.kind == Kind::Group && g.find(Kind::Initiator, initiator))
        return &g;
    return nullptr;
  }

  void remove_devices() {
    for (const Node& h : live_.children) {
      if (h.kind != Kind::Handler)
        continue;
      const Node* w = wanted_.find(Kind::Handler, h.name);
      for (const Node& d : h.children)
        if (!w || !w->find(Kind::Device, d.name))
          remove(fmt::format("{} of {}", title(d), title(h)), handler_path(h.name) + "/mgmt",
                 "del_device " + d.name);
    }
  }

  void device_groups() {
    for (const Node& g : live_.children)
      if (g.kind == Kind::DeviceGroup && !wanted_.find(g.kind, g.name))
        remove(title(g), "device_groups/mgmt", "del " + g.name);
    for (const Node& g : wanted_.children)
      if (g.kind == Kind::DeviceGroup)
        container(g, live_.find(g.kind, g.name), "device_groups/mgmt", "create ", "device_groups");
  }

  /// Device groups and all that is in them: made, given attributes, filled.
  void container(const Node& n, const Node* now, const std::string& mgmt, const std::string& verb,
                 const std::string& parent) {
    const std::string folder = parent + "/" + n.name;
    if (!now)
      add("add " + title(n), mgmt, verb + n.name, n.place, folder,
          n.kind == Kind::MemberDevice ? "devices/" + n.name : std::string());
    if (now)
      set_attributes(n, *now, folder, mgmt, nullptr);
    else
      for (const Attribute& a : n.attributes)
        set(title(n), folder, a);
    if (now)
      for (const Node& c : now->children)
        if (!n.find(c.kind, c.name))
          remove(fmt::format("{} of {}", title(c), title(n)), place_of(c, folder) + "/mgmt",
                 "del " + c.name);
    for (const Node& c : n.children)
      container(c, now ? now->find(c.kind, c.name) : nullptr, place_of(c, folder) + "/mgmt",
                c.kind == Kind::TargetGroup ? "create " : "add ", place_of(c, folder));
  }

  static std::string place_of(const Node& child, const std::string& folder) {
    return child.kind == Kind::MemberDevice  ? folder + "/devices"
           : child.kind == Kind::TargetGroup ? folder + "/target_groups"
                                             : folder;
  }

  /// Last of all: nobody logs in to half a configuration.
  void switches() {
    for (const Node& d : wanted_.children) {
      const Node* live_d = d.kind == Kind::Driver ? live_.find(d.kind, d.name) : nullptr;
      if (!live_d)
        continue;
      for (const Node& t : d.children)
        flip(t, live_d->find(Kind::Target, t.name), target_path(d.name, t.name));
      flip(d, live_d, driver_path(d.name));
    }
  }

  void flip(const Node& wanted, const Node* now, const std::string& folder) {
    const Attribute* enabled = wanted.attribute("enabled");
    const Attribute* current = now ? now->attribute("enabled") : nullptr;
    if (!enabled || (current && same_value(current->value, enabled->value)))
      return;
    if (!now || current)
      set(title(wanted), folder, *enabled);
    else
      error(enabled->place,
            fmt::format("{} has no attribute enabled: remove the line", title(wanted)));
  }

  const Node& wanted_;
  const Node& live_;
  const bool force_;
  std::set<std::string> recreated_; ///< devices
  std::set<std::string> removed_;   ///< folder/LUN of LUNs that are removed already
  Diff out_;
};

} // namespace

Diff compare(const Node& wanted, const Node& live, bool force) {
  return Comparison(wanted, live, force).run();
}

bool same_value(const std::string& a, const std::string& b) {
  u64 x = 0, y = 0;
  return a == b || (!sl_mgmt_u64(a.c_str(), &x) && !sl_mgmt_u64(b.c_str(), &y) && x == y);
}

std::string parameters(const std::vector<Attribute>& attributes,
                       const std::vector<std::string>& names) {
  std::string text;
  for (const Attribute& a : attributes)
    if (contains(names, a.name) && !a.value.empty())
      text += fmt::format("{}{}={}", text.empty() ? "" : "; ", a.name, a.value);
  return text;
}

} // namespace scstadm
