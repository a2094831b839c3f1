using System.Data.Common;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Dialects;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Integration.Tests.Persistence;

internal sealed class DeviationRecorderTests
{
    [Test]
    public async Task A_driver_that_gives_up_on_its_own_does_not_end_the_recorder()
    {
        var database = new GivesUp();
        using var recorder = new DeviationRecorder(
            database,
            TimeProvider.System,
            NullLogger<DeviationRecorder>.Instance
        );
        var caller = new Caller(
            new TenantId(Guid.NewGuid()),
            "acme",
            Guid.NewGuid(),
            "token",
            Scopes.Write,
            ClientProfile.Auto
        );
        recorder.Record(caller, [Deviation.StringBoolean]);

        var stop = () => recorder.StopAsync(CancellationToken.None);

        await stop.Should().NotThrowAsync();
        database.Writes.Should().Be(1);
    }

    /// <summary>What Npgsql does on a connection that hangs: it cancels, though nobody asked it to.</summary>
    private sealed class GivesUp : IDatabase
    {
        public int Writes { get; private set; }

        public ISqlDialect Dialect => SqliteDialect.Instance;

        public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) =>
            throw new OperationCanceledException();

        public Task<T> EraseAsync<T>(
            Func<DbConnection, DbTransaction, Task<T>> work,
            CancellationToken cancellationToken
        ) => throw new OperationCanceledException();

        public Task<T> EraseAsync<T>(DbTransaction transaction, Func<DbConnection, DbTransaction, Task<T>> work) =>
            throw new OperationCanceledException();

        public Task<T> WriteAsync<T>(
            Func<DbConnection, DbTransaction, Task<T>> work,
            CancellationToken cancellationToken
        )
        {
            Writes++;
            throw new OperationCanceledException();
        }
    }
}
