using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

[TestFixture]
[Category(Soak.Crash)]
[Property("Database", "Sqlite")]
[Property("Capability", "With the database away the service answers 503, stays alive and recovers by itself")]
public sealed class EmbeddedFileTests
{
    private TestDatabase _database = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;
    private string _user = "";

    private string File => _database.Configuration["Database:Path"];

    private string Aside => File + ".aside";

    private string Folder => Path.GetDirectoryName(File)!;

    [SetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        _server = await ApiServer.StartAsync(_database);
        _tenant = await TestTenant.CreateAsync(_server);
        _user = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
    }

    [TearDown]
    public async Task Stop()
    {
        _tenant.Dispose();
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task With_its_file_moved_away_the_server_says_so_makes_no_other_and_recovers()
    {
        System.IO.File.Move(File, Aside);

        await CheckAwayAsync();
        System.IO.File.Exists(File).Should().BeFalse("an empty database must not take the place of a lost one");
        System.IO.File.Move(Aside, File);
        await CheckBackAsync();
    }

    [Test]
    public async Task With_the_folder_moved_away_the_server_says_so_and_recovers()
    {
        Directory.Move(Folder, Folder + ".aside");

        await CheckAwayAsync();
        Directory.Exists(Folder).Should().BeFalse();
        Directory.Move(Folder + ".aside", Folder);
        await CheckBackAsync();
    }

    [Test]
    public async Task Something_in_the_place_of_the_file_is_left_alone([Values] Replacement replacement)
    {
        System.IO.File.Move(File, Aside);
        Put(replacement);
        var content = Content();

        await CheckAwayAsync();
        Content().Should().Equal(content);
        Remove();
        System.IO.File.Move(Aside, File);
        await CheckBackAsync();
    }

    [Test]
    public async Task With_its_file_emptied_in_place_the_server_says_so_and_recovers()
    {
        var content = Content();
        System.IO.File.WriteAllText(File, "");

        await CheckAwayAsync();
        System.IO.File.WriteAllBytes(File, content);
        await CheckBackAsync();
    }

    [Test]
    public async Task A_removed_file_leaves_the_server_alive()
    {
        System.IO.File.Delete(File);

        await CheckAwayAsync();
        System.IO.File.Exists(File).Should().BeFalse();
    }

    [Test]
    public async Task A_verb_makes_no_database_beside_the_log_of_a_lost_one()
    {
        System.IO.File.Move(File, Aside);

        var refused = await TestKit.Cli.RunAsync(_database, "tenant", "list");
        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain("write-ahead log");
        System.IO.File.Exists(File).Should().BeFalse();

        System.IO.File.Move(Aside, File);
        await CheckBackAsync();
    }

    [Test]
    public async Task Writers_lose_nothing_while_the_folder_comes_and_goes()
    {
        var random = Some.Random();
        using var tenant = await TestTenant.CreateAsync(_server);
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group())).Id;
        var workload = new Workload(tenant.Client, group, random.Next());
        using var end = new CancellationTokenSource();
        var writers = workload.RunAsync(end.Token);

        for (var i = 0; i < Soak.Count(3, 60); i++)
        {
            await Task.Delay(random.Next(100, 300));
            Directory.Move(Folder, Folder + ".aside");
            await Outage.CheckAwayAsync(_server, tenant.Client, TimeSpan.FromSeconds(10));
            Directory.Move(Folder + ".aside", Folder);
        }

        await Task.Delay(200);
        await end.CancelAsync();
        await writers;

        workload.Refusals.Should().BePositive();
        await Reconciliation.CheckAsync(_server, tenant, tenant.Client, group, workload);
        await Outage.CheckBackAsync(_server, tenant.Client);
    }

    public enum Replacement
    {
        Folder,
        EmptyFile,
        OtherText,
        CopyOfTheDatabase,
    }

    private void Put(Replacement replacement)
    {
        switch (replacement)
        {
            case Replacement.Folder:
                Directory.CreateDirectory(File);
                break;
            case Replacement.EmptyFile:
                System.IO.File.WriteAllText(File, "");
                break;
            case Replacement.OtherText:
                System.IO.File.WriteAllText(File, "no database");
                break;
            default:
                System.IO.File.Copy(Aside, File);
                break;
        }
    }

    private byte[] Content() => System.IO.File.Exists(File) ? System.IO.File.ReadAllBytes(File) : [];

    private void Remove()
    {
        if (Directory.Exists(File))
        {
            Directory.Delete(File);
        }
        else
        {
            System.IO.File.Delete(File);
        }
    }

    private Task CheckAwayAsync() => Outage.CheckAwayAsync(_server, _tenant.Client, TimeSpan.FromSeconds(10));

    private async Task CheckBackAsync()
    {
        await Outage.CheckBackAsync(_server, _tenant.Client);
        await _tenant.Client.GetAsync($"/Users/{_user}").Expecting(200);
    }
}
