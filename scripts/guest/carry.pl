# SPDX-License-Identifier: GPL-2.0-only
# Carries standard input to a virtio port on standard output and ends only when the host has taken
# the last byte: the port becomes writable again exactly then, and the machine is about to vanish.
use strict;
use warnings;

while (my $n = sysread(STDIN, my $buffer, 32768)) {
	for (my $done = 0; $done < $n;) {
		my $sent = syswrite(STDOUT, $buffer, $n - $done, $done);
		exit 1 unless defined $sent;
		$done += $sent;
	}
}
my $ready = '';
vec($ready, fileno(STDOUT), 1) = 1;
select(undef, $ready, undef, 30);
