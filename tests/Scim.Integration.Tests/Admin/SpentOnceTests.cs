using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Operators;
using Scim.Domain.Operators;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A one-time code and a recovery code work once, however many use it at the same time")]
[Property("Rfc", "RFC 6238")]
public sealed class SpentOnceTests(DatabaseKind kind)
{
    private AdminHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await AdminHost.StartAsync(kind);

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    [Category(Soak.Concurrency)]
    public async Task Of_many_uses_of_one_code_at_once_one_wins()
    {
        var account = await _host.OperatorAsync("support");
        var body = AdminHost.Login(account.UserName, account.Password, _host.NextCode(account));
        var proof = new SecondFactor(Totp.StepAt(_host.Clock.GetUtcNow()), null);

        // Below the delays, which would let only a few of them through to the code.
        var stored = await _host.SendAsync(new GetOperator(account.Id));
        var won = await RaceAsync(Soak.Count(100, 1000), stored, proof);

        won.Should().Be(1);
        using var client = _host.Client();
        (await client.PostAsync("/login", body)).Problem().Should().Be("invalid-credentials");
    }

    [Test]
    public async Task Of_parallel_sign_ins_with_one_code_over_HTTP_one_succeeds()
    {
        var account = await _host.OperatorAsync("support");
        var body = AdminHost.Login(account.UserName, account.Password, _host.NextCode(account)).ToJsonString();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 12)
                .Select(async _ =>
                {
                    using var client = _host.Client();
                    return await client.SendAsync("POST", "/login", body);
                })
        );

        answers.Count(answer => answer.Status == 200).Should().Be(1);
        answers.Should().OnlyContain(answer => answer.Status == 200 || answer.Status == 401 || answer.Status == 429);
    }

    [Test]
    [Category(Soak.Concurrency)]
    public async Task Of_many_uses_of_one_recovery_code_at_once_one_wins()
    {
        var account = await _host.OperatorAsync("support");
        var proof = new SecondFactor(null, RecoveryCode.Hash("0000-1111-2222-3333"));
        await _host
            .Server.Services.GetRequiredService<IDatabase>()
            .WriteAsync(
                (connection, transaction) =>
                    connection.ExecuteAsync(
                        "insert into operator_recovery_codes (operator_id, hash) values (@Id, @RecoveryHash)",
                        new { account.Id, proof.RecoveryHash },
                        transaction
                    ),
                default
            );
        var stored = await _host.SendAsync(new GetOperator(account.Id));

        var won = await RaceAsync(Soak.Count(50, 1000), stored, proof);

        won.Should().Be(1);
    }

    private async Task<int> RaceAsync(int count, OperatorAccount account, SecondFactor proof)
    {
        using var start = new SemaphoreSlim(0);
        var uses = Enumerable
            .Range(0, count)
            .Select(async _ =>
            {
                await using var scope = _host.Server.Services.CreateAsyncScope();
                await start.WaitAsync();
                var now = _host.Clock.GetUtcNow();
                var hash = OpaqueToken.Hash(OpaqueToken.Generate(OpaqueToken.Session));
                var session = new NewSession(Guid.CreateVersion7(), hash, now, now, now);
                var store = scope.ServiceProvider.GetRequiredService<ISessionStore>();
                return await store.StartAsync(account, proof, session, default);
            })
            .ToList();
        start.Release(count);
        return (await Task.WhenAll(uses)).Count(won => won);
    }
}
