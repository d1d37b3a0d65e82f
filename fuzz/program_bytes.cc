// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "fuzz/program_bytes.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "fuzz/argument.h"
#include "fuzz/settings.h"

namespace iorace {
namespace {

constexpr std::uint8_t has_expectation = 1;

// Agents have a kind and a number; the number is not in the bytes.
constexpr task_kind kinds[] = {task_kind::cpu,  task_kind::kthread, task_kind::worker,
                               task_kind::irq,  task_kind::device,  task_kind::user,
                               task_kind::timer};
constexpr const char* agent_names[] = {"", "kthread", "worker", "irq", "device", "user", "timer"};

std::uint64_t zigzag(long v) {
  return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63);
}
long unzigzag(std::uint64_t v) { return static_cast<long>(v >> 1 ^ (0 - (v & 1))); }

class decoder {
 public:
  decoder(std::span<const std::uint8_t> bytes, const schema& s) : in_(bytes), schema_(s) {}

  fuzz_input read() {
    if (in_.byte() != bytes_version) return {};
    const std::size_t tasks = std::min<std::uint64_t>(in_.number(), program_tasks_max);
    std::vector<std::size_t> kind_of;
    for (std::size_t t = 0; t < tasks && !in_.at_end(); ++t)
      kind_of.push_back(in_.byte() % std::size(kinds));
    // CPUs come first.
    const auto cpus = std::count(kind_of.begin(), kind_of.end(), 0u);
    std::erase(kind_of, 0u);
    kind_of.insert(kind_of.begin(), static_cast<std::size_t>(cpus), 0u);
    for (std::size_t t = 0; t < kind_of.size(); ++t) add_task(kind_of[t]);
    for (unsigned t = 0; t <= p_.task_count(); ++t) read_calls(t);
    renumber(p_);
    return {std::move(p_), decode_schedule(in_.rest())};
  }

 private:
  void add_task(std::size_t kind) {
    task_data t{.kind = kinds[kind]};
    const auto same = std::count_if(p_.tasks.begin(), p_.tasks.end(),
                                    [&](const task_data& o) { return o.kind == t.kind; });
    if (kind != 0) t.name = fmt::format("{}{}", agent_names[kind], same + 1);
    p_.tasks.push_back(std::move(t));
  }

  void read_calls(unsigned task) {
    const std::uint64_t count = in_.number();
    for (std::uint64_t i = 0; i < count && !in_.at_end(); ++i) {
      call c;
      c.flow = read_flow(task == 0 ? nullptr : &p_.tasks[task - 1]);
      if (c.flow == nullptr) return;
      const std::uint8_t flags = in_.byte();
      for (std::size_t a = 0; a < arg_count(c); ++a)
        c.args[a] = ways(c.flow->args[a].kind).decode(in_);
      if ((flags & has_expectation) != 0) c.expected = unzigzag(in_.number());
      if (p_.calls_of(task).size() == program_calls_max) continue;
      if (makes_variable(*c.flow)) c.result = next_number(p_, c.flow->result, task);
      p_.calls_of(task).push_back(c);
    }
  }

  // The flow of that tag; for a tag that there is not, one that may stand here, or null.
  const kern::flow_info* read_flow(const task_data* task) {
    const unsigned low = in_.byte();
    const unsigned tag = low | static_cast<unsigned>(in_.byte()) << 8;
    std::vector<const kern::flow_info*> fitting;
    for (const kern::flow_info& f : schema_.flows) {
      if (!may_stand(f, task)) continue;
      if (flow_tag(f) == tag) return &f;
      fitting.push_back(&f);
    }
    return fitting.empty() ? nullptr : fitting[tag % fitting.size()];
  }

  byte_reader in_;
  const schema& schema_;
  program_data p_;
};

}  // namespace

std::uint16_t flow_tag(const kern::flow_info& flow) {
  return static_cast<std::uint16_t>(XXH3_64bits(flow.name, std::strlen(flow.name)));
}

fuzz_input decode_input(std::span<const std::uint8_t> bytes, const schema& s) {
  return decoder(bytes, s).read();
}

std::vector<std::uint8_t> encode_input(const fuzz_input& in) {
  program_data p = in.program;
  bind_all(p);
  renumber(p);
  std::vector<std::uint8_t> out{bytes_version};
  put_number(out, p.tasks.size());
  for (const task_data& t : p.tasks)
    out.push_back(
        static_cast<std::uint8_t>(std::find(std::begin(kinds), std::end(kinds), t.kind) - kinds));
  for (unsigned t = 0; t <= p.task_count(); ++t) {
    put_number(out, p.calls_of(t).size());
    for (const call& c : p.calls_of(t)) {
      out.push_back(static_cast<std::uint8_t>(flow_tag(*c.flow)));
      out.push_back(static_cast<std::uint8_t>(flow_tag(*c.flow) >> 8));
      out.push_back(c.expected ? has_expectation : std::uint8_t{0});
      for (std::size_t a = 0; a < arg_count(c); ++a)
        ways(c.flow->args[a].kind).encode(c.args[a], out);
      if (c.expected) put_number(out, zigzag(*c.expected));
    }
  }
  encode_schedule(in.schedule, out);
  return out;
}

bool is_canonical(std::span<const std::uint8_t> bytes, const schema& s) {
  if (bytes.empty()) return true;
  const std::vector<std::uint8_t> again = encode_input(decode_input(bytes, s));
  return std::equal(bytes.begin(), bytes.end(), again.begin(), again.end());
}

}  // namespace iorace
