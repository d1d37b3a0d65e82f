// SPDX-License-Identifier: GPL-2.0-only OR MIT
//
// Files and their descriptors: every outcome of two tasks that use one and put it.
#include "model/iommufd/file.h"

#include <gtest/gtest.h>

#include "model/test_calls.h"
#include "model/vfio/pci/inside_test.h"
#include "scheduler/explore/enumerate.h"

namespace iorace::kern::this_file {
namespace {

// The file of a vfio-pci device, because its release leaves a mark. What the tasks note of it, by
// digits of their own.
constexpr int fd = 1;
struct notes {
  int digit[4] = {};
};
notes* noted = nullptr;

bool released(world* w) { return w->vfio_pci->vdev[0]->open_count.peek() == 0; }
void note(int at, bool value) { noted->digit[at] = value ? 1 : 0; }
void note(int at, world* w) { note(at, released(w)); }

// All outcomes, sorted: "00 01 11".
template <int digits>
std::string outcomes(const std::vector<body>& cpus) {
  const config c = with(pci_config(), {{"device_close", "1"}});
  notes of_this_one;
  noted = &of_this_one;
  const auto setup = [](world* w) {
    *noted = {};
    make_call(w, "vdev_open");
  };
  engine e;
  const enumeration all = enumerate(e, program_of(c, setup, cpus), [](void*) {
    std::string text;
    for (int i = 0; i < digits; ++i) text += static_cast<char>('0' + noted->digit[i]);
    return text;
  });
  EXPECT_TRUE(all.complete);
  std::string text;
  for (const auto& [name, count] : all.outcomes) text += (text.empty() ? "" : " ") + name;
  return text;
}

void closes(world* w) {
  vdev_close(fd);
  note(0, w);
  task_work_run();
  note(1, w);
}

// The tutorial: whoever puts the last reference owes the release, and pays on the way back to user
// mode, not in the put.
TEST(litmus_file, the_last_put_is_followed_by_the_release) {
  EXPECT_EQ(outcomes<2>({closes}), "01");
}

// One task uses the file while another one closes it: exactly one of them is last, and neither sees
// it closed before its own way back. Digits: closed after the close, after its way back; after the
// put, after that way back.
TEST(litmus_file, a_user_may_be_the_last) {
  const auto uses = [](world* w) {
    file* filp = nullptr;
    if (vdev_fget(fd, &filp) == nullptr) return;
    vdev_fput(filp);
    note(2, w);
    task_work_run();
    note(3, w);
  };
  EXPECT_EQ(outcomes<4>({closes, uses}), "0001 0100");
}

// A lookup finds the file and gets a reference, or finds nothing: never a file that is being
// released.
TEST(litmus_file, a_lookup_gets_a_live_file_or_none) {
  const auto looks = [](world* w) {
    file* filp = nullptr;
    note(2, vdev_fget(fd, &filp) != nullptr);
    if (filp == nullptr) return;
    note(3, w);
    vdev_fput(filp);
    task_work_run();
  };
  const std::string all = outcomes<4>({closes, looks});
  for (const char* never : {"0011", "0111", "1111"}) EXPECT_EQ(all.find(never), all.npos) << all;
  EXPECT_NE(all.find("0100"), all.npos) << all;
  EXPECT_NE(all.find("0110"), all.npos) << all;
}

// A put at once releases in the put.
TEST(litmus_file, a_put_at_once_defers_nothing) {
  const auto puts = [](world* w) {
    file* filp = nullptr;
    vdev_fget(fd, &filp);
    vdev_close(fd);
    note(0, w);
    __fput_sync(filp);
    note(1, w);
  };
  EXPECT_EQ(outcomes<2>({puts}), "01");
}

TEST(file, is_not_put_more_often_than_it_was_taken) {
  const config c = with(pci_config(), {{"device_close", "1"}});
  const auto opened = [](world* w) { make_call(w, "vdev_open"); };
  const auto puts = [](int times) {
    return [times](world*) {
      file* filp = nullptr;
      vdev_fget(fd, &filp);
      get_file(filp);
      for (int i = 0; i < times; ++i) fput(filp);
      task_work_run();
    };
  };
  EXPECT_EQ(title_alone(c, opened, puts(2)), "");
  EXPECT_NE(title_alone(c, opened, puts(4)), "");
}

}  // namespace
}  // namespace iorace::kern::this_file
