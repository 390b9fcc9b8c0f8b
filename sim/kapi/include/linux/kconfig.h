/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration that this kernel API stands for: 6.12 on x86-64 as the
 * measurements ran it, with lock proving and iommufd's own test driver. What is
 * not listed is off.
 */
#ifndef __LINUX_KCONFIG_H
#define __LINUX_KCONFIG_H

#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_MMU 1
#define CONFIG_NR_CPUS 64
#define CONFIG_HZ 250
#define CONFIG_PREEMPTION 1
#define CONFIG_LOCKDEP 1
#define CONFIG_PROVE_LOCKING 1
#define CONFIG_DEBUG_LOCK_ALLOC 1
#define CONFIG_DEBUG_ATOMIC_SLEEP 1
#define CONFIG_TRANSPARENT_HUGEPAGE 1
#define CONFIG_HUGETLB_PAGE 1
#define CONFIG_MMU_NOTIFIER 1
#define CONFIG_EVENTFD 1
#define CONFIG_IOMMU_API 1
#define CONFIG_IOMMU_DMA 1
#define CONFIG_IOMMU_IOPF 1
#define CONFIG_IOMMUFD 1
#define CONFIG_IOMMUFD_DRIVER 1
#define CONFIG_IOMMUFD_DRIVER_CORE 1
#define CONFIG_IOMMUFD_TEST 1
#define CONFIG_FAULT_INJECTION 1
#define CONFIG_VFIO 1
#define CONFIG_VFIO_GROUP 1
#define CONFIG_VFIO_CONTAINER 1
#define CONFIG_VFIO_DEVICE_CDEV 1
#define CONFIG_VFIO_IOMMU_TYPE1 1
#define CONFIG_PCI 1

/* 1 where the option is defined as 1, 0 where it is not defined: usable in C and in #if. */
#define __KCONFIG_IS_1 0,
#define __KCONFIG_SECOND(first, second, ...) second
#define __KCONFIG_TEST(probe) __KCONFIG_SECOND(probe 1, 0, 0)
#define __KCONFIG_PASTE(value) __KCONFIG_TEST(__KCONFIG_IS_##value)
#define IS_BUILTIN(option) __KCONFIG_PASTE(option)
#define IS_MODULE(option) 0
#define IS_ENABLED(option) IS_BUILTIN(option)
#define IS_REACHABLE(option) IS_BUILTIN(option)

#endif
