/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the program begins, before the C library does. A program that can lie
 * anywhere has its tables corrected to where it lies, and each page of them is
 * a fault then: half of all that a start takes. The kernel makes the same
 * copies in one call (Linux 5.14; an older one says EINVAL, and the faults
 * come as they always did). Here only instructions will do: nothing that needs
 * to be corrected is right yet, and the registers and the stack are the C
 * library's.
 *
 * Other processors begin with _start as usual (Makefile).
 */
#if defined(__x86_64__) && !defined(__ILP32__)

/*
 * madvise(the data and a page of variables behind it, length, MADV_POPULATE_WRITE). Of the registers that are changed
 * _start reads rdx alone.
 */
__asm__(".pushsection .text.warm_start, \"ax\", @progbits\n"
	".globl warm_start\n"
	".hidden warm_start\n"
	".hidden __init_array_start\n"
	".hidden _edata\n"
	".type warm_start, @function\n"
	"warm_start:\n"
	"	endbr64\n"
	"	mov	%rdx, %r8\n"
	"	lea	__init_array_start(%rip), %rdi\n"
	"	and	$-4096, %rdi\n"
	"	lea	_edata + 4096(%rip), %rsi\n"
	"	sub	%rdi, %rsi\n"
	"	mov	$23, %edx\n"
	"	mov	$28, %eax\n"
	"	syscall\n"
	"	mov	%r8, %rdx\n"
	"	jmp	_start\n"
	".size warm_start, . - warm_start\n"
	".popsection\n");

#else

extern const char nothing_to_warm; /* a file of C declares something */

#endif
