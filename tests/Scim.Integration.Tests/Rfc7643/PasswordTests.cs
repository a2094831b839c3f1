using System.Collections.Concurrent;
using System.Text;
using Dapper;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7643;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §4.1.1, RFC 7644 §7.8")]
[Property("Capability", "Passwords are hashed and appear in no answer, log, journal or database text")]
internal sealed class PasswordTests(DatabaseKind database) : ProtocolFixture(database)
{
    [Test]
    public async Task A_password_is_never_found_again()
    {
        await using var store = await TestDatabase.CreateAsync(Kind);
        var secrets = Enumerable.Range(0, 6).Select(i => $"S3cret{i}-{Guid.NewGuid():N}").ToArray();
        var answers = new List<ScimResponse>();
        using var log = new RecordingLog();
        await using (var server = await ApiServer.StartAsync(store, null, log.Add))
        {
            using var tenant = await TestTenant.CreateAsync(server);
            var client = tenant.Client;
            var name = Some.UserName();
            var user = await client.PostAsync("/Users?attributes=password,userName", With(secrets[0], name));
            var path = $"/Users/{user.ShouldBe(201).Id}";
            answers.Add(user);
            answers.Add((await client.GetAsync(path)).ShouldBe(200));
            answers.Add((await client.GetAsync(path + "?attributes=password")).ShouldBe(200));
            answers.Add((await client.PutAsync(path, With(secrets[1], name))).ShouldBe(200));
            answers.Add(
                (
                    await client.PatchAsync(
                        path,
                        Patch($"\"op\":\"replace\",\"path\":\"password\",\"value\":\"{secrets[2]}\"")
                    )
                ).ShouldBe(200)
            );
            answers.Add(
                (
                    await client.PatchAsync(path, Patch($"\"op\":\"add\",\"value\":{{\"password\":\"{secrets[3]}\"}}"))
                ).ShouldBe(200)
            );
            answers.Add((await client.PostAsync("/Users", With(secrets[4], name))).ShouldBeError(409, "uniqueness"));
            answers.Add(
                await client.PatchAsync(
                    path,
                    Patch($"\"op\":\"replace\",\"path\":\"password\",\"value\":{{\"x\":\"{secrets[5]}\"}}")
                )
            );
            answers.Add((await client.GetAsync("/Users?attributes=password")).ShouldBe(200));
            answers.Add(await client.GetAsync($"/Users?filter={Escape($"password eq \"{secrets[3]}\"")}"));
        }

        foreach (var answer in answers)
        {
            answer.Text.Should().NotContainAny(secrets);
            answer.Text.Should().NotContain("\"password\"");
        }

        log.Text.Should().NotContainAny(secrets);
        var kept = await EverythingAsync(store);
        kept.Should().Contain("user.update").And.NotContainAny(secrets);
    }

    [Test]
    public async Task A_password_is_changed_by_its_presence_alone()
    {
        var user = await CreateUserAsync("\"password\":\"first one 1\"");

        var put = await Client.PutAsync($"/Users/{user.Id}", UserBody("", user.At("userName")));
        var patched = await PatchUserAsync(user.Id, "\"op\":\"replace\",\"path\":\"password\",\"value\":\"another 2\"");

        put.ShouldBe(200).Header("ETag").Should().Be(user.Header("ETag"));
        patched.ShouldBe(200).Header("ETag").Should().NotBe(user.Header("ETag"));
    }

    [TestCase("password eq \"x\"")]
    [TestCase("password pr")]
    [TestCase("password sw \"a\"")]
    [TestCase("not (password co \"a\")")]
    public async Task A_password_cannot_be_searched_for(string filter) =>
        (await Client.GetAsync($"/Users?filter={Escape(filter)}")).ShouldBeError(400, "invalidFilter");

    [Test]
    public async Task A_list_cannot_be_sorted_by_the_password()
    {
        await CreateUserAsync("\"password\":\"first one 1\"");

        (await Client.GetAsync("/Users?sortBy=password")).Status.Should().Be(400);
    }

    private static string With(string password, string userName) => UserBody($"\"password\":\"{password}\"", userName);

    private static async Task<string> EverythingAsync(TestDatabase store)
    {
        if (store.Kind == DatabaseKind.Sqlite)
        {
            var folder = Path.GetDirectoryName(store.Configuration["Database:Path"])!;
            return string.Concat(
                Directory.GetFiles(folder).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file)))
            );
        }

        await using var connection = new NpgsqlConnection(
            store.Configuration["ConnectionStrings:Scim"] + ";Pooling=false"
        );
        var tables = await connection.QueryAsync<string>(
            "select format('%I', tablename) from pg_tables where schemaname = 'public'"
        );
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            foreach (var row in await connection.QueryAsync<string>($"select t::text from {table} t"))
            {
                text.AppendLine(row);
            }
        }

        return text.ToString();
    }

    /// <summary>Everything the server logs, at the finest level.</summary>
    private sealed class RecordingLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public string Text => string.Join('\n', _lines);

        public void Add(WebApplicationBuilder builder)
        {
            builder.Configuration["Logging:LogLevel:Default"] = "Trace";
            builder.Logging.ClearProviders().AddProvider(this);
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose() { }
    }
}
