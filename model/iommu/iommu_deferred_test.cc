// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Attaches that are deferred until a driver maps memory: what attaches the device, what does not,
// and the steps of the one that does.
#include "model/hw/context.h"
#include "model/iommu/iommu_errors_test.h"
#include "model/iommu/iommu_steps_test.h"

namespace iorace::kern::this_file {
namespace {

void crashed(world* w) {
  make_call(w, "iommu_add");
  make_call(w, "device_add", {1, 0, 0, DEVICE_DEFERRED});
  make_call(w, "device_probe", {1});
}
const body crashed_and_bound = then(crashed, "driver_bind");

struct state {
  bool deferred, translated;
  bool operator==(const state&) const = default;
};

// What is left of a deferred device after `calls`, which all succeed.
state after_calls(const body& setup, std::initializer_list<const char*> calls) {
  state now = {};
  const body cpu1 = [&](world* w) {
    for (const char* flow : calls) EXPECT_EQ(make_call(w, flow, {1}).rc, 0) << flow;
    const device* const dev = this_world().iommu->devices[0];
    const dev_iommu* const param = dev->iommu.peek();
    now.deferred = param->attach_deferred.peek() != 0;
    const u64 word = entry_of(dev->endpoint.peek(), IOMMU_NO_PASID)->word.peek();
    now.translated = (word & ENTRY_PRESENT) != 0;
  };
  engine e;
  round_robin choose;
  const config c = stepped_machine();
  EXPECT_EQ(e.run(program_of(c, setup, {cpu1}), choose, {}).how, ended::finished)
      << e.last_finding().title;
  return now;
}
constexpr state waiting = {true, false}, attached = {false, true}, blocked = {false, false};

TEST(iommu_deferred, the_first_mapping_attaches) {
  EXPECT_EQ(after_calls(crashed, {}), waiting);
  EXPECT_EQ(after_calls(crashed, {"driver_bind"}), waiting);
  EXPECT_EQ(after_calls(crashed, {"driver_bind", "driver_map_dma"}), attached);
  EXPECT_EQ(after_calls(crashed, {"driver_bind", "driver_map_dma", "driver_map_dma"}), attached);
}

// The default domain waits; another one does not.
TEST(iommu_deferred, another_domain_is_attached_at_once) {
  EXPECT_EQ(after_calls(crashed_and_bound, {"device_attach"}), attached);
  EXPECT_EQ(after_calls(crashed_and_bound, {"device_attach", "device_detach"}), attached);
  EXPECT_EQ(after_calls(crashed, {"vfio_device_bind", "vfio_group_set_container"}), attached);
  EXPECT_EQ(after_calls(crashed, {"vfio_device_bind", "device_claim_owner"}), blocked);
}

// The type changes under nobody: the next default domain waits as the first one did.
TEST(iommu_deferred, a_new_default_domain_waits) {
  EXPECT_EQ(after_calls(crashed, {"iommu_group_type"}), waiting);
}

// A device that was never attached is not attached for its release.
TEST(iommu_deferred, a_release_leaves_the_entry) {
  const auto attached_to_domains = [](const body& setup) {
    unsigned n = 0;
    const config c = with(stepped_machine(), {{"release_device", "release_domain"}});
    engine e;
    round_robin choose;
    EXPECT_EQ(e.run(program_of(c, setup, {calling("device_remove")}), choose, {}).how,
              ended::finished);
    for (const step& s : e.steps())
      n += s.kind == op_kind::list_add && e.place_name(s.object, s.field).starts_with("dom#");
    return n;
  };
  EXPECT_EQ(attached_to_domains(crashed), 0u);
  EXPECT_EQ(attached_to_domains(then(crashed_and_bound, "driver_map_dma")), 2u);
}

TEST(iommu_deferred, errors) {
  expect_returns(
      "driver_map_dma", crashed_and_bound,
      {{"no device", ENOENT, no_device}, {"no driver", ENODEV, after("driver_unbind", {1})}});
}

TEST(iommu_steps, map_after_a_crash) {
  const std::vector<flow_step> steps = {{"bound", "read device#1.driver"},
                                        {"domain", "read group#1.default_domain"},
                                        {"deferred?", "read dev_iommu#1.attach_deferred"},
                                        {"counted", "read master#1.counted"},
                                        {"entry", "write_once context#1.word"},
                                        {"list", "list_add dom#2.devices"},
                                        {"attached", "write dev_iommu#1.attach_deferred"},
                                        {"unbound", "up_read device#1.life"}};
  expect_pairs({.pairs = 7,
                .unlocked = 7,
                .setup = crashed_and_bound,
                .cpu1 = calling("driver_map_dma"),
                .steps = steps,
                .c = with(stepped_machine(), {{"deferred_attach.lock", "none"}})});
  std::vector<flow_step> locked = steps;
  locked.insert(locked.begin() + 2, {"L+", "mutex_lock group#1.mutex"});
  for (std::size_t i = 3; i < 7 + 1; ++i) locked[i].under = group_mutex;
  expect_pairs({.pairs = 8,
                .unlocked = 3,
                .setup = crashed_and_bound,
                .cpu1 = calling("driver_map_dma"),
                .steps = locked,
                .c = stepped_machine()});
}

}  // namespace
}  // namespace iorace::kern::this_file
