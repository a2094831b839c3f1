#load "tests/status.cake"

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

var target = Argument("target", "Default");
const string Solution = "ScimPlatform.sln";
const string Configuration = "Release";

// A soak part is one of these NUnit categories in one test project; what carries none of them is the part "rest".
string[] soakCategories = ["Property", "Concurrency", "Crash", "Fuzz", "Load"];

Process postgres = null;
var total = new Counts(0, 0);
var tested = false;

Teardown(_ => StopPostgres());

Task("Default").IsDependentOn("Build").IsDependentOn("Format").IsDependentOn("Test");

Task("Build")
    .Does(() =>
    {
        Dotnet("restore", Solution);
        Dotnet("build", Solution, "--configuration", Configuration, "--no-restore", "--nologo", "--verbosity", "quiet");
    });

Task("Format").IsDependentOn("Build").Does(() => Dotnet("csharpier", "check", "."));

Task("Test")
    .IsDependentOn("Build")
    .Does(() =>
    {
        CleanDirectory("artifacts/tests");
        tested = true;
        StartPostgres();
        foreach (var project in TestProjects())
        {
            total += RunAll(project);
        }

        // The capability matrix is one more test: it fails when the committed copy claims something else.
        total += StatusIsCurrent(NUnitResults(), Argument("approve", false)) ? new Counts(1, 0) : new Counts(0, 1);
    });

Task("Soak")
    .IsDependentOn("Build")
    .Does(() =>
    {
        System.Environment.SetEnvironmentVariable("SCIM_SOAK", "1");
        tested = true;
        EnsureDirectoryExists("artifacts/soak");
        var commit = Commit();
        StartPostgres();
        var parts = new List<SoakPart>();
        foreach (var project in TestProjects())
        {
            foreach (var category in soakCategories.Append("rest"))
            {
                var part = RunSoakPart(project, category, commit);
                total += new Counts(part.Passed, part.Failed);
                parts.Add(part);
            }
        }

        parts.RemoveAll(part => part.Passed + part.Failed == 0);
        WriteJson(
            "artifacts/soak.json",
            new
            {
                Date = DateTimeOffset.UtcNow,
                Commit = commit,
                total.Passed,
                total.Failed,
                Seconds = Math.Round(parts.Sum(part => part.Seconds), 1),
                Parts = parts,
            }
        );
    });

// The platform beside the floor, over HTTP on real databases; bench/README.md has the options.
Task("Benchmark")
    .Does(() =>
    {
        CleanDirectory("artifacts/benchmark/programs");
        foreach (var program in new[] { "src/Scim.Api", "bench/Scim.Floor" })
        {
            Dotnet("publish", program, "--configuration", Configuration, "--nologo", "--verbosity", "quiet", "--output", $"artifacts/benchmark/programs/{System.IO.Path.GetFileName(program)}");
        }

        Dotnet(["run", "--configuration", Configuration, "--project", "bench/Scim.Load", "--", "--programs", "artifacts/benchmark/programs", .. BenchmarkOptions()]);
    });

Task("Microbenchmark")
    .Does(() => Dotnet("run", "--configuration", Configuration, "--project", "bench/Scim.Benchmarks", "--", "--inprocess", "--job", Argument("job", "short"), "--filter", Argument("filter", "*")));

Task("Package")
    .IsDependentOn("Build")
    .Does(() =>
    {
        foreach (var host in new[] { "Scim.Api", "Scim.Worker" })
        {
            CleanDirectory($"artifacts/package/{host}");
            Dotnet("publish", $"src/{host}", "--configuration", Configuration, "--no-build", "--output", $"artifacts/package/{host}");
        }
    });

var succeeded = true;
try
{
    RunTarget(target);
}
catch (Exception exception)
{
    Error(exception.Message);
    succeeded = false;
}

if (target is "Default" or "Test" or "Soak")
{
    succeeded &= total.Passed > 0 && total.Failed == 0;
    Console.Error.Flush();
    Console.WriteLine($"{total.Passed} passed, {total.Failed} failed");
    Console.Out.Flush();
}

// Cake would print a report of its own after the total when the script threw.
System.Environment.Exit(succeeded ? 0 : 1);

int TryDotnet(params string[] arguments)
{
    var start = new ProcessStartInfo("dotnet") { WorkingDirectory = Context.Environment.WorkingDirectory.FullPath };
    foreach (var argument in arguments)
    {
        start.ArgumentList.Add(argument);
    }

    using var process = Process.Start(start);
    process.WaitForExit();
    return process.ExitCode;
}

void Dotnet(params string[] arguments)
{
    if (TryDotnet(arguments) != 0)
    {
        throw new CakeException($"dotnet {string.Join(' ', arguments)} failed.");
    }
}

IEnumerable<FilePath> TestProjects() => GetFiles("tests/*.Tests/*.Tests.csproj").OrderBy(NameOf, StringComparer.Ordinal);

IEnumerable<string> BenchmarkOptions() =>
    new[] { "database", "users", "members", "workloads", "rounds", "seconds", "connections", "sync-users", "curves", "tenants", "journal", "search-indexes", "output", "documents" }
        .Where(name => HasArgument(name))
        .SelectMany(name => new[] { $"--{name}", Argument<string>(name) });

string NameOf(FilePath project) => project.GetFilenameWithoutExtension().ToString();

// The fixtures on PostgreSQL run beside all others, in a process of their own: tests wait more than they work.
Counts RunAll(FilePath project)
{
    const string OnPostgres = @"\(PostgreSql\)";
    (string Name, string[] Filter)[] runs = NameOf(project) == "Scim.Integration.Tests"
        ? [(".PostgreSql", ["--filter", $"FullyQualifiedName~{OnPostgres}"]), ("", ["--filter", $"FullyQualifiedName!~{OnPostgres}"])]
        : [("", [])];
    var counts = runs.Select(run => System.Threading.Tasks.Task.Run(() =>
    {
        var counts = RunTests(project, NameOf(project) + run.Name, [.. run.Filter, "--blame-hang-timeout", "10m", "--blame-hang-dump-type", "none"]);
        if (counts != new Counts(0, 0))
        {
            return counts;
        }

        Error($"{NameOf(project)}{run.Name} ran no test.");
        return new Counts(0, 1);
    }));
    return System.Threading.Tasks.Task.WhenAll(counts).GetAwaiter().GetResult().Aggregate((one, other) => one + other);
}

// What a crashed or hung run did not report is one failure: a total without it would claim too much.
Counts RunTests(FilePath project, string run, params string[] more)
{
    var results = $"artifacts/tests/{run}.trx";
    if (FileExists(results))
    {
        DeleteFile(results);
    }

    string[] arguments =
    [
        "test", project.FullPath, "--configuration", Configuration, "--no-build", "--nologo",
        "--results-directory", "artifacts/tests", "--logger", $"trx;LogFileName={run}.trx", "--logger", "console;verbosity=minimal",
    ];
    // Beyond the limit, 2,000 of itself, the adapter runs all tests and tells of those that were asked for.
    string[] settings = ["--", "NUnit.AssemblySelectLimit=100000", $"NUnit.TestOutputXml={MakeAbsolute(Directory("artifacts/tests"))}/nunit/{run}"];
    var exitCode = TryDotnet([.. arguments, .. more, .. settings]);
    var counts = FileExists(results) ? ReadCounts(results) : new Counts(0, 0);
    return exitCode != 0 && counts.Failed == 0 ? counts with { Failed = 1 } : counts;
}

// NUnit's own files, which hold the properties of fixtures and tests; trx does not.
IEnumerable<string> NUnitResults() => GetFiles("artifacts/tests/nunit/**/*.xml").Select(file => file.FullPath).Order(StringComparer.Ordinal);

Counts ReadCounts(string results)
{
    var counters = XDocument.Load(results).Descendants().Single(element => element.Name.LocalName == "Counters");
    int Read(string name) => int.Parse(counters.Attribute(name)?.Value ?? "0", CultureInfo.InvariantCulture);
    return new Counts(Read("passed"), Read("failed") + Read("error") + Read("timeout") + Read("aborted"));
}

// A part that passed on this very commit is not run again.
SoakPart RunSoakPart(FilePath project, string category, string commit)
{
    var run = $"{NameOf(project)}.{category}";
    var kept = $"artifacts/soak/{run}.json";
    if (FileExists(kept))
    {
        var done = JsonSerializer.Deserialize<SoakPart>(System.IO.File.ReadAllText(kept), JsonSerializerOptions.Web);
        if (done.Commit == commit && done.Failed == 0 && !commit.EndsWith("-dirty", StringComparison.Ordinal))
        {
            Information($"{run}: done at {done.Date:u}, kept");
            return done;
        }
    }

    var filter = category == "rest"
        ? string.Join('&', soakCategories.Select(other => $"TestCategory!={other}"))
        : $"TestCategory={category}";
    var started = Stopwatch.GetTimestamp();
    var counts = RunTests(project, run, "--filter", filter);
    var seconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1);
    var part = new SoakPart(NameOf(project), category, commit, DateTimeOffset.UtcNow, counts.Passed, counts.Failed, seconds);
    WriteJson(kept, part);
    return part;
}

void WriteJson(string path, object value) =>
    System.IO.File.WriteAllText(path, JsonSerializer.Serialize(value, new JsonSerializerOptions(JsonSerializerOptions.Web) { WriteIndented = true }));

string Commit()
{
    string Git(string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true });
        var output = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return output;
    }

    return Git("rev-parse HEAD") + (Git("status --porcelain") == "" ? "" : "-dirty");
}

// One cluster for all test projects. It ends with the pipe that this process holds, even if this process is killed.
void StartPostgres()
{
    postgres = Process.Start(
        new ProcessStartInfo("tests/postgres.sh") { RedirectStandardInput = true, RedirectStandardOutput = true }
    );
    var connectionString = postgres.StandardOutput.ReadLine();
    if (string.IsNullOrEmpty(connectionString))
    {
        throw new CakeException("PostgreSQL did not start; see the lines above.");
    }

    System.Environment.SetEnvironmentVariable("SCIM_TEST_PG", connectionString);
}

void StopPostgres()
{
    postgres?.StandardInput.Close();
    postgres?.WaitForExit();
}

sealed record Counts(int Passed, int Failed)
{
    public static Counts operator +(Counts left, Counts right) => new(left.Passed + right.Passed, left.Failed + right.Failed);
}

sealed record SoakPart(string Project, string Category, string Commit, DateTimeOffset Date, int Passed, int Failed, double Seconds);
