package Test::Nginx::Runner::Conf;

# The server root of a block: its directories, its files and its nginx.conf.

use strict;
use warnings;

use File::Find ();
use File::Path qw( make_path remove_tree );

use Test::Nginx::Runner::Client ();
use Test::Nginx::Util qw( bail_out expand_env_in_text nginx_version run_perl );


sub set_up {
    my ($block, $config, $keep) = @_;

    make_root($keep);

    if ($block->post_setup_server_root) {
        run_perl($block, 'post_setup_server_root',
                 $block->post_setup_server_root);
    }

    write_user_files($block);
    write_file($Test::Nginx::Util::ConfFile, nginx_conf($block, $config));
}


# Removes what runs before left there, and nothing else: TEST_NGINX_SERVROOT
# may by mistake name a directory with somebody's files. A reload (keep) needs
# the directories, sockets and keys that nginx has open.

sub make_root {
    my ($keep) = @_;

    my $root = $Test::Nginx::Util::ServRoot;
    my @dirs = ($Test::Nginx::Util::LogDir, $Test::Nginx::Util::HtmlDir,
                $Test::Nginx::Util::ConfDir);

    if ($keep) {
        File::Find::find({ no_chdir => 1, wanted => sub {
            unlink $_ if -f $_ && !/(?:\bnginx\.pid|\.crt|\.key)$/;
        } }, $root);

    } elsif (-d $root) {
        remove_tree(@dirs, $Test::Nginx::Util::CacheDir,
                    glob("'$root'/*_cache '$root'/*_temp"));
        rmdir $root
            or bail_out("$root holds files that are not of a test run: $!");
    }

    make_path(@dirs);

    write_file("$Test::Nginx::Util::HtmlDir/index.html",
               '<html><head><title>It works!</title></head>'
               . '<body>It works!</body></html>');
}


sub write_file {
    my ($path, $text) = @_;

    my ($dir) = $path =~ m{(.*)/};
    make_path($dir) if !-d $dir;

    open my $out, '>:raw', $path or bail_out("cannot write $path: $!");
    print $out $text;
    close $out or bail_out("cannot write $path: $!");
}


# ">>> name [date]" begins a file, the lines up to the next are what it holds.

sub write_user_files {
    my ($block) = @_;

    my $files = $block->user_files or return;

    if (!ref $files) {
        my @parsed;

        for my $line ($files =~ /[^\n]*\n|[^\n]+\z/g) {
            if ($line =~ /^>>> (\S+)(?:\s+(\S.*?))?\s*$/) {
                push @parsed, [$1, '', $2];

            } elsif (@parsed) {
                $parsed[-1][1] .= $line;
            }
        }

        $files = \@parsed;
    }

    for my $file (@$files) {
        my ($name, $text, $date) = @$file;
        my $path = $name =~ m{^/} ? $name
                                  : "$Test::Nginx::Util::HtmlDir/$name";

        write_file($path, expand_env_in_text($text // '', $block->name));

        next if !$date;

        local $ENV{TZ} = 'GMT';
        system('touch', '-t', $date, $path) == 0
            or bail_out($block->name, " - touch -t $date failed");
    }
}


sub section {
    my ($block, $name) = @_;

    return expand_env_in_text($block->$name // '', $block->name);
}


sub load_modules {
    return join '', map { "load_module $_;\n" }
        split ' ', $Test::Nginx::Util::LoadModules // '';
}


sub environment {
    my @names = (qw( LD_PRELOAD LD_LIBRARY_PATH ASAN_OPTIONS UBSAN_OPTIONS
                     LSAN_OPTIONS ), @Test::Nginx::Util::EnvToNginx);

    return join '', map { /\s/ ? "env '$_';\n" : "env $_;\n" } @names;
}


# A directive of its own for each kind of temporary files, where this nginx
# has the module and the block has no word of its own on them.

sub temp_paths {
    my ($http) = @_;

    nginx_version();

    my $out = '';

    for my $kind (qw( client_body proxy fastcgi scgi uwsgi )) {
        next if $http =~ /\b${kind}_temp_path\b/;
        next if $Test::Nginx::Util::NginxBuild
                =~ /--without-http_${kind}_module/;

        $out .= "    ${kind}_temp_path $Test::Nginx::Util::ServRoot/"
                . "${kind}_temp;\n";
    }

    return $out;
}


# From 1.25.1 on HTTP/2 is a directive and no longer an option of listen.

sub listen_directive {
    my ($block) = @_;

    my $listen = "listen $Test::Nginx::Util::ServerPort";
    $listen .= ' reuseport' if $ENV{TEST_NGINX_REUSE_PORT};

    if (!Test::Nginx::Runner::Client::wants_http2($block)) {
        return "$listen;";
    }

    return nginx_version() >= 1.025001 ? "$listen; http2 on;"
                                       : "$listen http2;";
}


sub nginx_conf {
    my ($block, $config) = @_;

    no strict 'refs';
    my %set = map { $_ => ${"Test::Nginx::Util::$_"} } qw(
        AccLogFile ConfigPreamble DaemonEnabled LogLevel MasterProcessEnabled
        PidFile WorkerConnections Workers
    );

    my $http = section($block, 'http_config');
    my $filter = $Test::Nginx::Util::FilterHttpConfig;
    $http = $filter->($http) if $filter;

    my $error_log = expand_env_in_text(
        $block->error_log_file || $Test::Nginx::Util::ErrLogFile, $block->name);

    my $name = $block->server_name // $Test::Nginx::Util::ServerName;
    $name =~ s/([\\'])/\\$1/g;

    return join '',
        "worker_processes $set{Workers};\n",
        "daemon $set{DaemonEnabled};\n",
        "master_process $set{MasterProcessEnabled};\n",
        "error_log $error_log $set{LogLevel};\n",
        "pid $set{PidFile};\n",
        user(),
        environment(),
        load_modules(),
        section($block, 'main_config'), "\n",
        "http {\n",
        "    access_log $set{AccLogFile};\n",
        temp_paths($http),
        "    default_type text/plain;\n",
        "    keepalive_timeout 68;\n",
        postpone_output($http),
        "$http\n",
        "    server {\n",
        '        ', listen_directive($block), "\n",
        "        server_name '$name';\n",
        "        client_max_body_size 30m;\n",
        "$set{ConfigPreamble}\n",
        "$config\n",
        root_location(),
        "    }\n",
        version_server($block),
        "}\n",
        section($block, 'post_main_config'), "\n",
        "events {\n",
        "    accept_mutex off;\n",
        "    worker_connections $set{WorkerConnections};\n",
        event_method(),
        "}\n";
}


# Started by root, workers would become nobody, who cannot write to the root's
# directories.

sub user {
    my $user = $Test::Nginx::Util::WorkerUser // ($> == 0 ? 'root' : undef);

    return defined $user ? "user $user;\n" : '';
}


sub postpone_output {
    my ($http) = @_;

    my $bytes = $ENV{TEST_NGINX_POSTPONE_OUTPUT};

    return '' if !defined $bytes || $http =~ /\bpostpone_output\b/;
    return "    postpone_output $bytes;\n";
}


sub event_method {
    my $method = $ENV{TEST_NGINX_EVENT_TYPE};

    return $method ? "    use $method;\n" : '';
}


sub root_location {
    return '' if $Test::Nginx::Util::NoRootLocation;

    return join "\n",
        '        location / {',
        "            root $Test::Nginx::Util::HtmlDir;",
        '            index index.html index.htm;',
        "        }\n";
}


# By this server a reload is seen to have come through.

sub version_server {
    my ($block) = @_;

    return '' if !$Test::Nginx::Util::UseHup;

    return join "\n",
        '    server {',
        '        ' . listen_directive($block),
        "        server_name 'Test-Nginx';",
        '        access_log off;',
        '        location = /ver {',
        "            return 200 '$Test::Nginx::Util::ConfigVersion';",
        '        }',
        "    }\n";
}

1;
