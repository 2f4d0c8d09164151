#!/usr/bin/env perl
# What Perl's own harness reads in TAP documents: tap_to_json.pl FILE... prints {FILE: {...}} as JSON.
#
# Strict: a line that is no TAP is an error. Version 14 is read as 13 by harnesses that know no newer one, as its
# specification has it (https://testanything.org/tap-version-14-specification.html#version).
use strict;
use warnings;
use JSON::PP;
use TAP::Parser;

my %all;
for my $file (@ARGV) {
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
    my $tap = do { local $/; <$in> };
    my ($version) = $tap =~ /\ATAP version (\d+)\n/;
    $tap =~ s/\ATAP version 14\n/TAP version 13\npragma +strict\n/;
    my $parser = TAP::Parser->new( { tap => $tap } );
    my ( @tests, @bails );
    while ( my $result = $parser->next ) {
        if ( $result->is_test ) {
            push @tests, {
                ok => $result->is_actual_ok ? JSON::PP::true : JSON::PP::false,
                number => $result->number + 0, description => $result->description,
                directive => $result->directive, reason => $result->explanation,
            };
        }
        elsif ( $result->is_yaml ) { $tests[-1]{yaml} = $result->data }
        elsif ( $result->is_bailout ) { push @bails, $result->explanation }
    }
    $all{$file} = {
        version => $version, plan => $parser->plan, tests => \@tests, bails => \@bails,
        errors => [ $parser->parse_errors ],
    };
}
print JSON::PP->new->ascii->canonical->encode( \%all );
