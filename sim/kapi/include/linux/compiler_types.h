/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Annotations of the kernel's sources; those of sparse and of the linker mean nothing here. */
#ifndef __LINUX_COMPILER_TYPES_H
#define __LINUX_COMPILER_TYPES_H

#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __bitwise
#define __nocast
#define __private
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __acquire(x) ((void)0)
#define __release(x) ((void)0)
#define __init
#define __exit
#define __initdata
#define __exitdata
#define __ref
#define __read_mostly
#define __ro_after_init
#define __counted_by(member)
#define __nonstring
#define asmlinkage
#define notrace
#define noinstr
#define __no_kasan

#define __packed __attribute__((__packed__))
#define __aligned(x) __attribute__((__aligned__(x)))
#define __printf(format, first) __attribute__((__format__(printf, format, first)))
#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __cold __attribute__((__cold__))
#define __pure __attribute__((__pure__))
#define __attribute_const__ __attribute__((__const__))
#define __malloc __attribute__((__malloc__))
#define __noreturn __attribute__((__noreturn__))
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define noinline_for_stack noinline
#define __section(name)
#define __weak __attribute__((__weak__))
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define fallthrough __attribute__((__fallthrough__))
#define __cleanup(func) __attribute__((__cleanup__(func)))
#ifndef inline
#define __inline inline
#endif

#define __struct_group(tag, name, attrs, members...)                                                                   \
	union {                                                                                                        \
		struct { members } attrs;                                                                              \
		struct tag { members } attrs name;                                                                     \
	} attrs
#define struct_group(name, members...) __struct_group(/* none */, name, /* none */, members)
#define DECLARE_FLEX_ARRAY(type, name) __DECLARE_FLEX_ARRAY(type, name)
#define __DECLARE_FLEX_ARRAY(type, name)                                                                               \
	struct {                                                                                                       \
		struct { } __empty_##name;                                                                             \
		type name[];                                                                                           \
	}

#endif
